import Cryptography
import Primitives
import Transactions
import ZKsyncOS

/// A world that could not be made.
struct UnusableWorld: Error, CustomStringConvertible {
  let description: String
}

/// Where a checked chain begins: accounts with keys and balances, contracts with random code and storage.
struct World {
  struct Account {
    let key: Secp256k1.PrivateKey
    let address: Address
  }

  let version: ProtocolVersion
  let chainID: UInt64
  /// The number of the block before the first, and the hashes of the last ones.
  let height: UInt64
  let hashes: BlockHashes
  private(set) var accounts: [Account] = []
  private(set) var contracts: [Address] = []
  /// Contracts that can send transactions of type 0x71, and a few that almost can. They are among `contracts`.
  private(set) var accountContracts: [Address] = []
  private(set) var state = MemoryState()
  /// Leaves of the first tree, in order.
  private(set) var leaves: [(key: Bytes32, value: Bytes32)] = []
  /// Hashes of raw code that a forced deployment can name, with the code.
  private(set) var deployableCode: [(hash: Bytes32, code: [UInt8])] = []

  /// Everything that code may touch.
  var addresses: [Address] {
    accounts.map(\.address) + contracts
      + [1, 2, 3, 4, 5, 6, 7, 8, 9, 0x100, 0x8001, 0x8003, 0x8006, 0x8008, 0x800a, 0x800f, 0, 0xdead].map {
        Address($0 as UInt64)
      }
  }

  /// - Throws: ``UnusableWorld`` where the numbers do not make what every world has.
  init(_ version: ProtocolVersion, _ random: inout SeededGenerator) throws(UnusableWorld) {
    self.version = version
    chainID = random.pick([270, 270, 1, 324, 1 << 32 + 7])
    height = random.pick([0, 0, 3, 250, 256, 1_000_000])
    hashes = BlockHashes(newestFirst: (0..<min(256, height)).map { _ in random.bytes32() })
    for _ in 0..<4 {
      guard let key = Secp256k1.PrivateKey(random.bytes32()), let address = Secp256k1.publicKey(of: key)?.address
      else { throw UnusableWorld(description: "a random number is no private key") }
      accounts.append(Account(key: key, address: address))
    }
    for (index, account) in accounts.enumerated() where index < 3 {
      let properties = AccountProperties(
        nonce: UInt64(random.upTo(2)), balance: UInt256(10).power(UInt256(UInt64(20 - 3 * (index / 2)))))
      add(account.address, properties)
    }
    for _ in 0..<6 {
      // Half of them share the low limb of their addresses, which is what cells are ordered by first.
      var address = Address(truncating: random.bytes32())
      if random.oneIn(2) { address.w1 = 0x0500_0000_0000_0000 }
      contracts.append(address)
    }
    accountContracts = Array(contracts.prefix(2))
    for contract in contracts {
      let isAccount = accountContracts.contains(contract)
      let code =
        isAccount
        ? RandomCode.accountContract(&random, addresses: addresses)
        : RandomCode.program(&random, addresses: addresses)
      deploy(contract, code, balance: isAccount ? UInt256(10).power(17) : UInt256(UInt64(random.upTo(2000))), &random)
    }
    for _ in 0..<3 {
      let code = RandomCode.program(&random, addresses: addresses)
      let hash = Blake2s256.hash(code)
      state.preimages[hash] = code
      deployableCode.append((hash, code))
    }
  }

  private mutating func add(_ address: Address, _ properties: AccountProperties) {
    state.preimages[properties.hash()] = properties.encode()
    insert(FlatKey.ofAccount(address), properties.hash())
  }

  private mutating func insert(_ key: Bytes32, _ value: Bytes32) {
    guard state.slots[key] == nil else { return }
    state.slots[key] = value
    leaves.append((key, value))
  }

  private mutating func deploy(
    _ address: Address, _ code: [UInt8], balance: UInt256, _ random: inout SeededGenerator
  ) {
    let stored = StoredCode(code, version)
    state.preimages[stored.hash] = stored.bytes
    var properties = AccountProperties(nonce: 1, balance: balance)
    properties.setCode(stored)
    add(address, properties)
    for _ in 0..<random.upTo(4) {
      insert(FlatKey.of(address, Bytes32(UInt256(UInt64(random.upTo(11))))), Bytes32(random.word()))
    }
  }
}
