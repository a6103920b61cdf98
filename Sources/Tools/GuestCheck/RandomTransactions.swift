import Cryptography
import Primitives
import Transactions
import ZKsyncOS

/// Makes candidates for blocks: every type, mostly acceptable, sometimes not.
struct RandomTransactions {
  let world: World
  /// Of the accounts that can send.
  private(set) var nonces: [Address: UInt64] = [:]
  private var priorityID: UInt64 = 0

  init(_ world: World) {
    self.world = world
  }

  /// What the next account nonces are, from the state.
  mutating func observe(_ state: MemoryState) {
    for address in world.accounts.map(\.address) + world.accountContracts {
      guard let hash = state.slots[FlatKey.ofAccount(address)], let bytes = state.preimages[hash],
        let properties = AccountProperties(encoded: bytes)
      else { continue }
      nonces[address] = properties.nonce
    }
  }

  /// Call after each included candidate: only then the sender's nonce moves.
  mutating func included(_ candidate: Candidate) {
    if let sender = candidate.sender { nonces[sender, default: 0] += 1 }
  }

  mutating func next(_ random: inout SeededGenerator, _ context: BlockContext, isFirst: Bool) -> Candidate? {
    if random.oneIn(isFirst ? 12 : 60) { return l1(.upgrade, &random, context).map { .recovered($0) } }
    if random.oneIn(4) { return l1(.priority, &random, context).map { .recovered($0) } }
    if random.oneIn(5) {
      guard let form = typedData(&random, context) else { return nil }
      return random.oneIn(8) ? spoiled(form, &random, context) : .form(form)
    }
    guard let recovered = l2(&random, context) else { return nil }
    guard random.oneIn(7), let form = try? VMTransaction(recovered) else { return .recovered(recovered) }
    return spoiled(form, &random, context)
  }

  func input(_ random: inout SeededGenerator, to: Address?) -> [UInt8] {
    guard let to else {
      let runtime =
        random.oneIn(3)
        ? random.bytes(random.pick([0, 1, 5, 7, 8, 9, 31, 32, 33, 63, 64, 65, 300]))
        : random.oneIn(20)
          ? [random.pick([0, 0x5b, 0xef])] + random.bytes(random.pick([0, 1, 24_574, 24_575, 24_576]))
          : RandomCode.program(&random, addresses: world.addresses)
      return RandomCode.initCode(&random, addresses: world.addresses, depth: 2, runtime: runtime)
    }
    switch UInt256(to).l0 {
    case 0x8008 where random.oneIn(2):
      return Shape.sendToL1(random.bytes(random.oneIn(20) ? 100_000 : random.pick([0, 1, 31, 32, 33, 100, 1_000])))
    case 0x800a where random.oneIn(3):
      let message = random.bytes(random.pick([0, 1, 32, 33, 1_000]))
      return [0x84, 0xbc, 0x3e, 0xb0] + UInt256(random.pick(world.addresses)).bytes
        + UInt256(UInt64(random.oneIn(8) ? random.upTo(200) : 64)).bytes + UInt256(message.count).bytes + message
    case 0x800a where random.oneIn(2):
      return [0x51, 0xcf, 0xf8, 0xd9] + UInt256(random.pick(world.addresses)).bytes
    case 1: return random.bytes(32) + UInt256(27 as UInt64).bytes + random.bytes(64)
    default: return random.bytes(random.oneIn(60) ? 100_000 : random.pick([0, 0, 1, 4, 32, 36, 68, 200]))
    }
  }

  private mutating func l2(_ random: inout SeededGenerator, _ context: BlockContext) -> RecoveredTransaction? {
    let index = random.oneIn(15) ? world.accounts.count - 1 : random.upTo(world.accounts.count - 2)
    let account = world.accounts[index]
    let kind: SignedTransaction.Kind = random.pick([.legacy, .legacy, .accessList, .dynamicFee, .dynamicFee])
    let to: Address? =
      random.oneIn(5) ? nil : random.oneIn(3) ? random.pick(world.addresses) : random.pick(world.contracts)
    let fee = context.baseFee &+ UInt256(UInt64(random.upTo(2000)))
    var accessList = AccessList()
    if kind != .legacy, random.oneIn(2) {
      for _ in 0..<random.upTo(3) {
        accessList.items.append(
          AccessList.Item(
            address: random.pick(world.addresses),
            storageKeys: (0..<random.upTo(3)).map { _ in Bytes32(UInt256(UInt64(random.upTo(11)))) }))
      }
    }
    let nonce = (nonces[account.address] ?? 0) + (random.oneIn(25) ? 1 : 0)
    let transaction = SignedTransaction(
      kind: kind, chainID: kind == .legacy && random.oneIn(3) ? nil : context.chainID, nonce: nonce,
      gasLimit: random.oneIn(4)
        ? UInt64(20_000 + random.upTo(120_000))
        : random.oneIn(8) ? 12_000_000 : UInt64(300_000 + random.upTo(3_000_000)),
      maxFeePerGas: fee,
      maxPriorityFeePerGas: kind == .dynamicFee ? min(fee, UInt256(UInt64(random.upTo(1500)))) : fee, to: to,
      value: random.oneIn(2) ? .zero : UInt256(UInt64(random.upTo(100_000))), input: input(&random, to: to),
      accessList: accessList)
    guard let signed = try? transaction.signed(with: account.key) else { return nil }
    return RecoveredTransaction(.signed(signed), sender: account.address)
  }

  private mutating func l1(
    _ kind: L1Request.Kind, _ random: inout SeededGenerator, _ context: BlockContext
  ) -> RecoveredTransaction? {
    let isDeployment = random.oneIn(kind == .upgrade ? 2 : 8)
    let from =
      isDeployment
      ? Address(0x800f) : random.oneIn(2) ? random.pick(world.addresses) : Address(truncating: random.bytes32())
    let to = isDeployment ? Address(0x8006) : random.pick(world.addresses)
    let gasLimit = UInt64(random.oneIn(5) ? 40_000 + random.upTo(60_000) : 500_000 + random.upTo(3_000_000))
    let fee = UInt128(random.oneIn(3) ? 0 : random.upTo(3000))
    let value = UInt256(UInt64(random.oneIn(2) || isDeployment ? 0 : random.upTo(100_000)))
    var data = input(&random, to: to)
    if isDeployment {
      let code = random.pick(world.deployableCode)
      // Never onto the address under which accounts are kept: its code could give accounts properties that nobody knows.
      let picked = random.pick(world.addresses)
      let target =
        random.oneIn(2) && picked != SystemAddress.accountProperties ? picked : Address(truncating: random.bytes32())
      data =
        [0xf6, 0xec, 0xa0, 0xb0] + UInt256(target).bytes + code.hash.bytes + UInt256(code.code.count).bytes
        + Keccak256.hash(code.code).bytes
    }
    priorityID += 1
    let minted = value &+ UInt256(fee * UInt128(gasLimit)) &+ UInt256(UInt64(random.upTo(2) * 1000))
    let request = L1Request(
      kind: kind, from: from, to: to, gasLimit: gasLimit, gasPerPubdataLimit: 800, maxFeePerGas: fee,
      nonce: kind == .upgrade ? 4 : priorityID, value: value, toMint: minted,
      refundRecipient: random.pick(world.addresses), input: data,
      factoryDeps: (0..<random.upTo(1)).map { _ in random.bytes32() })
    return RecoveredTransaction(.request(request), sender: from)
  }
}
