import Cryptography
import Primitives
import Transactions
import ZKsyncOS

/// The accounts, contracts and transactions of one block of one purpose.
struct ShapeWorld {
  struct Account {
    let key: Secp256k1.PrivateKey
    let address: Address
    var nonce: UInt64 = 0
  }

  let version: ProtocolVersion
  var random: SeededGenerator
  var context: BlockContext
  private(set) var accounts: [Account] = []
  private(set) var state = MemoryState()
  /// Leaves of the first tree, in order.
  private(set) var leaves: [(key: Bytes32, value: Bytes32)] = []
  private(set) var transactions: [Candidate] = []
  private var contracts = 0

  init(_ version: ProtocolVersion, seed: UInt64) throws {
    self.version = version
    random = SeededGenerator(seed: seed)
    context = BlockContext(
      protocolVersion: version, chainID: 270, number: 1_000, timestamp: 1_700_000_000,
      blockHashes: BlockHashes(newestFirst: (0..<256).map { Bytes32(UInt256(UInt64(1_000_000 + $0))) }),
      coinbase: Address(0xc01b_a5e0_0000))
    _ = try account()
  }

  private mutating func insert(_ key: Bytes32, _ value: Bytes32) {
    guard state.slots[key] == nil else { return }
    state.slots[key] = value
    leaves.append((key, value))
  }

  private mutating func add(_ address: Address, _ properties: AccountProperties) {
    state.preimages[properties.hash()] = properties.encode()
    insert(FlatKey.ofAccount(address), properties.hash())
  }

  /// Adds an account with a key and much ether; gives its position.
  mutating func account() throws -> Int {
    guard let key = Secp256k1.PrivateKey(random.bytes32()), let address = Secp256k1.publicKey(of: key)?.address else {
      throw UnusableWorld(description: "a random number is no private key")
    }
    add(address, AccountProperties(balance: UInt256(10).power(30)))
    accounts.append(Account(key: key, address: address))
    return accounts.count - 1
  }

  /// Adds accounts without keys that have a little ether.
  mutating func strangers(_ addresses: [Address]) {
    for address in addresses { add(address, AccountProperties(balance: 1)) }
  }

  /// Adds a contract.
  mutating func contract(_ code: [UInt8], storage: [(UInt256, UInt256)] = [], balance: UInt256 = .zero) -> Address {
    contracts += 1
    let address = Address(0xc0de_0000_0000 + UInt64(contracts))
    let stored = StoredCode(code, version)
    state.preimages[stored.hash] = stored.bytes
    var properties = AccountProperties(nonce: 1, balance: balance)
    properties.setCode(stored)
    add(address, properties)
    for (key, value) in storage { insert(FlatKey.of(address, Bytes32(key)), Bytes32(value)) }
    return address
  }

  /// Makes code known that a forced deployment can name.
  mutating func preimage(_ code: [UInt8]) -> Bytes32 {
    let hash = Blake2s256.hash(code)
    state.preimages[hash] = code
    return hash
  }

  // MARK: Transactions

  /// A signed transaction; without an address, a deployment.
  mutating func send(
    from index: Int = 0, to: Address?, gas: UInt64 = 600_000, value: UInt256 = .zero, _ input: [UInt8] = [],
    accessList: AccessList = AccessList()
  ) throws {
    let transaction = SignedTransaction(
      kind: accessList.items.isEmpty ? .dynamicFee : .accessList, chainID: context.chainID,
      nonce: accounts[index].nonce, gasLimit: gas, maxFeePerGas: context.baseFee,
      maxPriorityFeePerGas: accessList.items.isEmpty ? .zero : context.baseFee, to: to, value: value, input: input,
      accessList: accessList)
    accounts[index].nonce += 1
    transactions.append(
      .recovered(
        RecoveredTransaction(
          .signed(try transaction.signed(with: accounts[index].key)), sender: accounts[index].address)
      ))
  }

  /// A call of a contract that exists only for it.
  mutating func run(
    _ code: [UInt8], gas: UInt64 = 600_000, _ input: [UInt8] = [], storage: [(UInt256, UInt256)] = []
  ) throws {
    try send(to: contract(code, storage: storage, balance: 1_000_000), gas: gas, input)
  }

  /// A transaction of type 0x71.
  mutating func sendTyped(from index: Int = 0, to: Address, gas: UInt64 = 600_000, _ input: [UInt8] = []) throws {
    var transaction = VMTransaction(
      type: 0x71, from: accounts[index].address, to: to, gasLimit: gas, gasPerPubdataLimit: 1,
      maxFeePerGas: UInt128(context.baseFee.l0), maxPriorityFeePerGas: 0, nonce: UInt256(accounts[index].nonce),
      value: .zero, data: input, factoryDeps: [])
    accounts[index].nonce += 1
    guard let hash = try transaction.signingHash(chainID: context.chainID)?.hash,
      let signature = Secp256k1.sign(hash, with: accounts[index].key)
    else { throw UnusableWorld(description: "typed data that cannot be signed") }
    transaction.signature = signature.r.bytes + signature.s.bytes + [27 + signature.yParity]
    transactions.append(.form(transaction))
  }

  /// What L1 requested.
  mutating func request(
    _ kind: L1Request.Kind = .priority, from: Address, to: Address, gas: UInt64 = 600_000, value: UInt256 = .zero,
    _ input: [UInt8] = []
  ) {
    let fee: UInt128 = 1_000
    let request = L1Request(
      kind: kind, from: from, to: to, gasLimit: gas, gasPerPubdataLimit: 800, maxFeePerGas: fee,
      nonce: kind == .upgrade ? 4 : UInt64(transactions.count), value: value,
      toMint: value &+ UInt256(fee * UInt128(gas)), refundRecipient: from, input: input, factoryDeps: [])
    transactions.append(.recovered(RecoveredTransaction(.request(request), sender: from)))
  }
}
