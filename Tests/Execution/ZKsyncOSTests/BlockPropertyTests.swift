import Cryptography
import EVM
import Primitives
import RandomTesting
import Testing
import Transactions
import ZKsyncOS

@Suite("Blocks of random transactions")
struct BlockPropertyTests {
  /// A state with contracts that store, call, create, log, revert and destroy themselves.
  static func fixture(_ version: ProtocolVersion) -> Fixture {
    var fixture = Fixture(version, balance: Fixture.ether * 1000)
    // Stores calldata word 1 at word 0, logs it, and calls the address in word 2 with the same data and half its value.
    let worker =
      [0x60, 32, 0x35, 0x5f, 0x35, 0x55, 0x5f, 0x5f, 0xa0]  // SSTORE, LOG0
      + [0x36, 0x5f, 0x5f, 0x37]  // CALLDATACOPY(0, 0, CALLDATASIZE)
      + [0x5f, 0x5f, 0x36, 0x5f, 0x60, 2, 0x34, 0x04, 0x60, 64, 0x35, 0x5a, 0xf1]  // CALL
      + [0x60, 96, 0x35, 0x60, 44, 0x57, 0x5f, 0x54, 0x50, 0x00]  // JUMPI on word 3; SLOAD(0); STOP
      + [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00]
      + [0x5b, 0x60, 1, 0x5f, 0xfd]  // REVERT one byte
    fixture.state.setCode(.filled(0x05), worker.map { UInt8($0) }, version)
    fixture.state.setCode(.filled(0x06), worker.map { UInt8($0) }, balance: 1000, version)
    // Creates a contract whose constructor destroys itself in favour of 0x99, then one that stays.
    let creator: [UInt8] = [
      0x62, 0x60, 0x99, 0xff, 0x5f, 0x52, 0x60, 3, 0x60, 29, 0x34, 0xf0, 0x50, 0x5f, 0x5f, 0x5f, 0xf0,
    ]
    fixture.state.setCode(.filled(0x07), creator, version)
    fixture.state.setSlot(.filled(0x05), 1, 7)
    return fixture
  }

  /// A random transaction of the sender, valid or not.
  static func transaction(_ nonce: UInt64, _ random: inout SplitMix64) throws -> RecoveredTransaction {
    let targets: [Address] = [
      .filled(0x05), .filled(0x06), .filled(0x07), .filled(0x77), SystemAddress.baseToken, Address(4),
    ]
    let words = [
      UInt256(UInt64.random(in: 0..<4, using: &random)), UInt256(UInt64.random(in: 0..<3, using: &random)),
      UInt256(targets.randomElement(using: &random) ?? .zero), UInt256(UInt64.random(in: 0..<2, using: &random)),
    ]
    let gas =
      UInt64.random(in: 0..<4, using: &random) == 0 ? UInt64.random(in: 15_000..<90_000, using: &random) : 2_000_000
    switch UInt64.random(in: 0..<8, using: &random) {
    case 0:
      return try Fixture.signed(nonce: nonce, gas: gas, to: nil, data: Assembly.deployer(of: [0x5b, 0x00]))
    case 1:
      return Fixture.deposit(
        to: targets.randomElement(using: &random) ?? .zero, gas: 1_000_000, value: 3, data: words.flatMap(\.bytes),
        nonce: nonce)
    case 2:
      let withdrawal = (Hex.decode("51cff8d9") ?? []) + UInt256(0x1234).bytes
      return try Fixture.signed(nonce: nonce, gas: gas, to: SystemAddress.baseToken, value: 9, data: withdrawal)
    default:
      return try Fixture.signed(
        nonce: nonce, gas: gas, to: targets.randomElement(using: &random) ?? .zero,
        value: UInt256(UInt64.random(in: 0..<100, using: &random)), data: words.flatMap(\.bytes))
    }
  }

  /// Transactions that no block accepts, and that get far before they fail.
  static func refused(_ nonce: UInt64) throws -> [VMTransaction] {
    let list = AccessList([.init(address: .filled(0x05), storageKeys: [Bytes32(UInt256(999))])])
    let message =
      Hex.decode(
        "62f84b24" + String(repeating: "0", count: 62) + "20" + String(repeating: "0", count: 64)) ?? []
    var forged = try VMTransaction(Fixture.signed(nonce: nonce, accessList: list))
    forged.signature[5] ^= 1
    return [
      forged, try VMTransaction(Fixture.signed(nonce: nonce + 5, accessList: list)),
      try VMTransaction(Fixture.signed(nonce: nonce, value: Fixture.ether * 1_000_000, accessList: list)),
      try VMTransaction(Fixture.signed(nonce: nonce, to: SystemAddress.l1Messenger, data: message, accessList: list)),
      try VMTransaction(Fixture.deposit(to: .filled(0x06), minted: 1, nonce: nonce)),
    ]
  }

  @Test("a replay is identical, and refused transactions change nothing", arguments: ProtocolVersion.allCases, 0..<12)
  func replay(version: ProtocolVersion, seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed) &* 77 &+ UInt64(version.rawValue))
    var fixture = Self.fixture(version)
    let engine = ExecutionEngine()
    for number in 1...2 as ClosedRange<UInt64> {
      fixture.context.number = number
      var included: [RecoveredTransaction] = []
      var producer = try BlockExecutor(context: fixture.context, state: fixture.state, engine: engine)
      var nonce = fixture.state.account(Fixture.sender).nonce
      for _ in 0..<12 {
        if Bool.random(using: &random) {
          for transaction in try Self.refused(nonce) {
            let outcome = try producer.execute(transaction)
            #expect(outcome.rejection != nil)
          }
        }
        let transaction = try Self.transaction(nonce, &random)
        guard try producer.execute(transaction).result != nil else { continue }
        included.append(transaction)
        if case .signed = transaction.transaction { nonce += 1 }
      }
      let totals = producer.totals
      let produced = try producer.seal()
      #expect(produced.transactions.count == included.count)
      #expect(totals.pubdata == produced.pubdata.count)

      let record = try ReplayRecord(
        decoding: ReplayRecord(
          context: fixture.context, firstPriorityID: 0, transactions: included, blockHash: produced.blockHash
        ).encode())
      var replayer = try BlockExecutor(context: record.context, state: fixture.state)
      for transaction in record.transactions {
        let outcome = try replayer.execute(transaction)
        #expect(outcome.result != nil)
      }
      let replayed = try replayer.seal()
      #expect(replayed.fingerprint == produced.fingerprint)
      #expect(replayed.blockHash == record.blockHash)

      checkConservation(fixture.state, produced, included)
      fixture.state.apply(produced)
    }
  }

  /// Wei neither appears nor vanishes, except by deposits, withdrawals and value sent to destroyed accounts.
  func checkConservation(_ before: ReferenceState, _ output: BlockOutput, _ included: [RecoveredTransaction]) {
    var change = UInt256.zero
    for diff in output.accountDiffs { change = change &+ diff.after.balance &- diff.before.balance }
    var expected = UInt256.zero
    for transaction in included {
      if case .request(let request) = transaction.transaction { expected = expected &+ request.toMint }
    }
    for log in output.l2ToL1Logs {
      if let message = log.message { expected = expected &- (UInt256(bigEndianBytes: message[24..<56]) ?? .zero) }
    }
    #expect(change == expected)
  }

  @Test("storage writes are the changed slots, in order, each once")
  func writes() throws {
    let fixture = Self.fixture(.current)
    var random = SplitMix64(seed: 5)
    var executor = try fixture.executor()
    for nonce in 0..<10 as Range<UInt64> { _ = try executor.execute(try Self.transaction(nonce, &random)) }
    let output = try executor.seal()
    let changed = output.touchedSlots.filter { $0.initial != $0.current }
    #expect(output.storageWrites.map(\.flatKey) == changed.map(\.flatKey))
    #expect(output.storageWrites.map(\.value) == changed.map(\.current))
    #expect(Set(output.touchedSlots.map(\.flatKey)).count == output.touchedSlots.count)
    for write in output.storageWrites {
      #expect(write.flatKey == FlatKey.of(write.address, write.key))
      #expect(write.isInsertion == (fixture.state.slots[write.flatKey] == nil))
    }
    func order(_ write: StorageWrite) -> [UInt64] {
      let owner = UInt256(write.address), key = UInt256(write.key)
      return [owner.l0, owner.l1, owner.l2, key.l3, key.l2, key.l1, key.l0]
    }
    let orders = output.storageWrites.map(order)
    #expect(zip(orders, orders.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
    #expect(output.publishedPreimages.allSatisfy { Blake2s256.hash($0.bytes) == $0.hash })
    #expect(zip(output.publishedPreimages, output.publishedPreimages.dropFirst()).allSatisfy { $0.hash < $1.hash })
  }
}

@Suite("Transactions that fail late")
struct LateFailureTests {
  @Test("a sweep that the coinbase cannot take leaves the block as it was")
  func coinbaseOverflow() throws {
    var fixture = Fixture()
    fixture.state.setAccount(.filled(0xc0), AccountProperties(balance: .max))
    var executor = try fixture.executor()
    let outcome = try executor.execute(try Fixture.signed())
    #expect(outcome.rejection == .hazard(.balanceOverflow))
    // Nothing was included, so that an upgrade may still come first and the next log has number 0.
    let upgrade = L1Request(
      kind: .upgrade, from: .filled(1), to: .filled(2), gasLimit: 1_000_000, gasPerPubdataLimit: 1, maxFeePerGas: 0,
      nonce: 1, value: 0, toMint: 0, refundRecipient: .zero)
    let result = try #require(
      try executor.execute(RecoveredTransaction(.request(upgrade), sender: upgrade.from)).result)
    #expect(result.l2ToL1Logs.first?.transactionNumber == 0)
  }

  @Test("what a destroyed account receives later in the block is wiped again")
  func stickyDestruction() throws {
    let fixture = Fixture()
    var executor = try fixture.executor()
    let created = try #require(
      try executor.execute(try Fixture.signed(to: nil, data: [0x60, 0x99, 0xff])).result?.createdAddress)
    let paid = try #require(try executor.execute(try Fixture.signed(nonce: 1, to: created, value: 7)).result)
    #expect(paid.succeeded)
    var after = fixture.state
    after.apply(try executor.seal())
    #expect(after.account(created).balance == 0)
    #expect(after.account(Fixture.sender).nonce == 2)
  }

  @Test("transient storage ends with its transaction, warmth with its frame")
  func transientStorage() throws {
    var fixture = Fixture()
    // Returns TLOAD(1), then TSTORE(1, 5).
    fixture.state.setCode(
      .filled(0x05), [0x60, 1, 0x5c, 0x5f, 0x52, 0x60, 5, 0x60, 1, 0x5d, 0x60, 32, 0x5f, 0xf3],
      fixture.context.protocolVersion)
    var executor = try fixture.executor()
    for nonce in 0..<2 as Range<UInt64> {
      let result = try #require(try executor.execute(try Fixture.signed(nonce: nonce, to: .filled(0x05))).result)
      #expect(result.output == UInt256.zero.bytes)
    }
  }
}
