import Batches
import JSON
import JSONRPC
import L1Client
import L1Contracts
import L1Settlement
import L1Testing
import Primitives
import Testing

@Suite("Settling on L1")
struct SettlerTests {
  @Test("Batches are committed, proved and executed, and everybody is told where")
  func all() async throws {
    let fixture = try SettlementFixture()
    fixture.rollup.make(40)
    fixture.rollup.prove()
    #expect(fixture.finality.safeBlock == nil && fixture.finality.finalizedBlock == nil)
    try await fixture.settle()
    await fixture.step()
    try await fixture.check()
    #expect(fixture.metric("l1_sender_reverts") == 0)
    // Known at once after a restart, and nothing is sent twice.
    let sent = fixture.l1.count(of: "eth_sendRawTransaction")
    try fixture.restart()
    #expect(fixture.finality.finalizedBlock == 40)
    await fixture.step(3)
    #expect(fixture.l1.count(of: "eth_sendRawTransaction") == sent)
    #expect(fixture.status.current.notes == [])
  }

  @Test("Without a proof a batch stays committed, and so do all where nothing is to be proved")
  func proofs() async throws {
    let fixture = try SettlementFixture()
    fixture.rollup.make(3)
    fixture.rollup.prove(through: 2)
    await fixture.step(12)
    #expect(try await fixture.totals() == BatchTotals(committed: 3, proved: 2, executed: 2))
    #expect(fixture.finality.safeBlock == 3 && fixture.finality.finalizedBlock == 2)

    let off = try SettlementFixture { $0.proving = .off }
    off.rollup.make(3)
    off.rollup.prove()
    await off.step(12)
    #expect(try await off.totals() == BatchTotals(committed: 3, proved: 0, executed: 0))
    #expect(off.finality.safeBlock == 3 && off.finality.finalizedBlock == nil)
  }

  @Test("Requests are executed with the way to their root")
  func requests() async throws {
    let fixture = try SettlementFixture()
    for amount in 1...9 as ClosedRange<UInt64> { try await fixture.l1.deposit(amount, to: Address(1)) }
    let hashes = try await fixture.l1.requests.map(\.hash)
    #expect(hashes.count == 10 && hashes[0] == TestRollup.forcedDeposit)
    for range in [0..<2, 2..<2, 2..<3, 3..<7, 7..<7, 7..<10] as [Range<Int>] {
      fixture.rollup.make(requests: Array(hashes[range]))
    }
    fixture.rollup.prove()
    try await fixture.settle()
    #expect(try await fixture.read(ChainCall.getFirstUnprocessedPriorityTx) == 10)
    #expect(fixture.metric("l1_sender_reverts") == 0)
  }

  @Test("The finality of L1 is waited for where it counts")
  func finalized() async throws {
    let fixture = try SettlementFixture { $0.finality = .l1Finalized }
    fixture.rollup.make(2)
    fixture.rollup.prove()
    try await fixture.settle()
    await fixture.step()
    #expect(fixture.finality.safeBlock == 2 && fixture.finality.finalizedBlock == nil)
    // Two blocks behind the newest.
    try await fixture.l1.mine(2)
    await fixture.step()
    #expect(fixture.finality.finalizedBlock == 2)
  }

  @Test("What is seen counts at the depth that was asked for")
  func depth() async throws {
    let fixture = try SettlementFixture { $0.confirmations = 3 }
    try await fixture.l1.mine(3)
    fixture.rollup.make(1)
    await fixture.step(2)
    #expect(try await fixture.totals().committed == 1)
    #expect(fixture.finality.safeBlock == nil && fixture.finality.progress(of: 1) == nil)
    try await fixture.l1.mine(3)
    await fixture.step()
    #expect(fixture.finality.safeBlock == 1 && fixture.finality.progress(of: 1)?.commit != nil)
  }

  @Test("No more transactions wait than may, and all are mined in the end")
  func window() async throws {
    let fixture = try SettlementFixture { $0.commandLimit = 8 }
    try await fixture.l1.setAutomine(false)
    fixture.rollup.make(30)
    fixture.rollup.prove()
    for _ in 0..<6 {
      await fixture.step()
      #expect(try await fixture.pooled() == 8)
    }
    #expect(try await fixture.run(mining: 1) { try await fixture.totals().executed == 30 })
    #expect(fixture.metric("l1_sender_reverts") == 0)
  }

  @Test("A stop with a full window, and the blocks come after the restart")
  func fullWindow() async throws {
    let fixture = try SettlementFixture()
    try await fixture.l1.setAutomine(false)
    fixture.rollup.make(24)
    fixture.rollup.prove()
    await fixture.step(2)
    try fixture.restart()
    await fixture.step(4)
    #expect(try await fixture.pooled() == 16)
    #expect(try await fixture.run(mining: 1) { try await fixture.totals().executed == 24 })
    await fixture.step(2)
    try await fixture.check()
    #expect(fixture.metric("l1_sender_reverts") == 0)
  }

  @Test("A backlog of 24 batches, with 24 confirmations: several at a time settle faster than one by one")
  func backlog() async throws {
    func blocks(atOnce limit: Int) async throws -> UInt64 {
      let fixture = try SettlementFixture {
        $0.commandLimit = limit
        $0.confirmations = 24
      }
      try await fixture.l1.setAutomine(false)
      fixture.rollup.make(24)
      fixture.rollup.prove()
      let start = try await fixture.l1.head()
      let isDone = try await fixture.run(atMost: 400, mining: 1) { fixture.finality.finalizedBlock == 24 }
      #expect(isDone, "\(fixture.status.current)")
      return try await fixture.l1.head() - start
    }
    let together = try await blocks(atOnce: 16), apart = try await blocks(atOnce: 1)
    #expect(2 * apart >= 5 * (together - 24), "\(apart) and \(together) blocks")
  }

  @Test("After a restart the requests of old batches are not read again")
  func requestMarks() async throws {
    let fixture = try SettlementFixture { $0.requestMarkInterval = 10 }
    for amount in 1...60 as ClosedRange<UInt64> { try await fixture.l1.deposit(amount, to: Address(1)) }
    // The first is what every chain begins with.
    let requests = try await fixture.l1.requests.map(\.hash)
    for hash in requests.dropLast() { fixture.rollup.make(requests: [hash]) }
    fixture.rollup.prove()
    try await fixture.settle()
    #expect(fixture.rollup.requestReads == 60)
    try fixture.restart()
    fixture.rollup.make(requests: Array(requests.suffix(1)))
    fixture.rollup.prove()
    try await fixture.settle()
    let again = fixture.rollup.requestReads - 60
    // From the mark before the last one on, which is at batch 32.
    #expect(again == 29)
    await fixture.step(2)
    try await fixture.check()
  }

  @Test("Batches that wait for two days are spoken of while there is time")
  func lateness() async throws {
    let fixture = try SettlementFixture { $0.maxFeePerGas = 1 }
    fixture.rollup.make(2)
    await fixture.step()
    #expect(fixture.status.current.lateness == nil)
    func wait(_ hours: UInt64) async throws {
      fixture.l1.clock.advance(by: .seconds(Int64(hours) * 3600))
      try await fixture.l1.mine()
      await fixture.step()
    }
    try await wait(47)
    #expect(fixture.status.current.lateness == nil)
    try await wait(2)
    #expect(fixture.status.current.lateness?.hasPrefix("batch 1 is not committed and was made 49 hours ago") == true)
    try await wait(24)
    #expect(fixture.status.current.lateness?.hasPrefix("batch 1 may be too old to be committed") == true)
  }

  @Test("When gas costs more than the caps allow nothing is sent, and it goes on by itself")
  func spike() async throws {
    let fixture = try SettlementFixture()
    fixture.rollup.make(2)
    fixture.rollup.prove()
    try await fixture.l1.perform("anvil_setNextBlockBaseFeePerGas", "[\"0x48c27395000\"]")
    try await fixture.l1.mine()
    await fixture.step(3)
    #expect(try await fixture.totals().committed == 0)
    #expect(fixture.status.current.notes.first?.hasPrefix("gas on L1 costs more than the caps allow") == true)
    #expect(try await fixture.run(atMost: 200, mining: 1) { try await fixture.totals().executed == 2 })
  }

  @Test("What is overtaken pays more, and what is dropped is sent again")
  func pool() async throws {
    let fixture = try SettlementFixture()
    try await fixture.l1.setAutomine(false)
    fixture.rollup.make(4)
    fixture.rollup.prove()
    await fixture.step()
    #expect(try await fixture.pooled() == 4)
    // Dearer than what was sent, though within the caps.
    try await fixture.l1.perform("anvil_setNextBlockBaseFeePerGas", "[\"0xba43b7400\"]")
    try await fixture.l1.mine()
    try await fixture.l1.perform("anvil_dropAllTransactions")
    #expect(try await fixture.run(mining: 1) { try await fixture.totals().committed == 4 })
    #expect(fixture.metric("l1_sender_resends") ?? 0 > 0 && fixture.metric("l1_sender_fee_raises") ?? 0 > 0)
    #expect(try await fixture.run(mining: 1) { try await fixture.totals().executed == 4 })
    #expect(fixture.metric("l1_sender_reverts") == 0)
  }

  @Test("The tips of others do not drive ours above the cap")
  func tips() async throws {
    let fixture = try SettlementFixture()
    for _ in 0..<10 {
      try await fixture.l1.send(
        to: Address(5), from: DevelopmentAccount.wellKnown[1], maxFee: 200_000_000_000, tip: 100_000_000_000)
    }
    fixture.rollup.make(1)
    await fixture.step(2)
    let transaction = try #require(fixture.finality.progress(of: 1)?.commit?.transaction)
    let sent = try await fixture.l1.perform("eth_getTransactionByHash", "[\"\(transaction)\"]")
    #expect(sent["maxPriorityFeePerGas"]?.quantity == 2_000_000_000)
  }

  // MARK: Ends of the process

  private static let sending = "eth_sendRawTransaction"

  @Test("An end between writing down and sending, after sending, and after mining", arguments: 0..<3)
  func kills(place: Int) async throws {
    let fixture = try SettlementFixture()
    if place == 1 { try await fixture.l1.setAutomine(false) }
    fixture.rollup.make(5)
    fixture.rollup.prove()
    fixture.l1.intercept { method, _ in
      guard method == Self.sending else { return nil }
      return place == 0 ? .fails(.unreachable("cut")) : .loses(.timedOut)
    }
    await fixture.step()
    fixture.l1.intercept(nil)
    try await fixture.l1.setAutomine(true)
    try fixture.restart()
    try await fixture.settle()
    await fixture.step()
    try await fixture.check()
    #expect(fixture.metric("l1_sender_reverts") == 0)
  }

  @Test("What was written down is sent again with the same bytes", arguments: [false, true])
  func reorganised(keeps: Bool) async throws {
    let fixture = try SettlementFixture()
    try await fixture.l1.mine(6)
    fixture.rollup.make(3)
    fixture.rollup.prove()
    try await fixture.settle()
    await fixture.step()
    try await fixture.check()
    try await fixture.l1.reorganise(depth: 3, keepsTransactions: keeps)
    await fixture.step()
    try await fixture.settle()
    await fixture.step()
    try await fixture.check()
    #expect(fixture.metric("l1_sender_reverts") == 0)
    #expect(fixture.status.current.notes == [])
  }

  @Test("A lost database is no loss: what waits in the pool is waited for")
  func lostStore() async throws {
    let fixture = try SettlementFixture()
    try await fixture.l1.setAutomine(false)
    fixture.rollup.make(3)
    fixture.rollup.prove()
    await fixture.step()
    try fixture.restartWithoutStore()
    await fixture.step(3)
    #expect(try await fixture.pooled() == 3)
    #expect(fixture.status.current.notes.first?.contains("did not send wait on L1") == true)
    try await fixture.l1.setAutomine(true)
    try await fixture.l1.mine()
    try await fixture.settle()
    await fixture.step()
    try await fixture.check()
    try fixture.restartWithoutStore()
    await fixture.step()
    try await fixture.check()
    #expect(fixture.metric("l1_sender_reverts") == 0)
  }

  // MARK: Strangers and wrong L1s

  @Test("Batches that L1 gives up are committed again, with the same bytes")
  func reverted() async throws {
    let fixture = try SettlementFixture()
    fixture.rollup.make(5)
    fixture.rollup.prove(through: 2)
    await fixture.step(8)
    #expect(try await fixture.totals() == BatchTotals(committed: 5, proved: 2, executed: 2))
    let key = try #require(SettlementFixture.operatorKey), account = try #require(DevelopmentAccount(key))
    try await fixture.l1.send(
      to: try fixture.l1.deployment.validatorTimelock,
      input: ValidatorTimelockCall.revertBatches(TestL1.l2ChainID, newLast: 2).input, from: account)
    #expect(try await fixture.totals().committed == 2)
    fixture.rollup.prove()
    try await fixture.settle()
    await fixture.step()
    try await fixture.check()
    #expect(!fixture.status.current.isHalted)
  }

  @Test("An operator takes committed batches back, once; executed ones stay")
  func reversal() async throws {
    let fixture = try SettlementFixture()
    fixture.rollup.make(5)
    fixture.rollup.prove(through: 1)
    await fixture.step(8)
    let reversal = try await BatchReversal(
      fixture.l1.client, try #require(SettlementFixture.operatorKey),
      chain: L1Chain.Key(
        l2ChainID: TestL1.l2ChainID, bridgehub: L1Genesis.bridgehub, storedBatchZero: fixture.rollup.genesis.hash))
    let first = try await reversal.run(keeping: 2) { false }
    #expect(first != nil)
    #expect(try await reversal.totals() == BatchTotals(committed: 2, proved: 1, executed: 1))
    let second = try await reversal.run(keeping: 2) { false }
    #expect(second == nil)
    await #expect {
      _ = try await reversal.run(keeping: 0) { false }
    } throws: { "\($0)" == "batches up to 1 are executed and stay for ever" }
    fixture.rollup.prove()
    try await fixture.settle()
    await fixture.step()
    try await fixture.check()
  }

  @Test("Another program with the same key stops the account until an operator says otherwise")
  func stranger() async throws {
    let fixture = try SettlementFixture()
    try await fixture.l1.setAutomine(false)
    fixture.rollup.make(2)
    await fixture.step()
    try await fixture.l1.perform("anvil_dropAllTransactions")
    let key = try #require(SettlementFixture.operatorKey), account = try #require(DevelopmentAccount(key))
    try await fixture.l1.send(to: Address(5), from: account)
    try await fixture.l1.mine()
    await fixture.step(5)
    #expect(fixture.status.current.isHalted)
    #expect(fixture.status.current.notes.first?.contains("another program has its key") == true)
    try fixture.restart()
    await fixture.step(2)
    #expect(fixture.status.current.isHalted)
    fixture.retry()
    try await fixture.l1.setAutomine(true)
    fixture.rollup.prove()
    try await fixture.settle()
  }

  @Test("Two nodes with one key: each batch is there once, and who was too late says so")
  func twoNodes() async throws {
    let first = try SettlementFixture()
    let second = try SettlementFixture(first.l1, first.rollup)
    first.rollup.make(12)
    first.rollup.prove()
    for _ in 0..<20 {
      await first.step()
      await second.step()
    }
    for fixture in [first, second] where fixture.status.current.isHalted {
      fixture.retry()
      try await fixture.settle()
    }
    await first.step()
    try await first.check()
  }

  @Test("An L1 that begins anew stops settling, with the reason, and is left alone")
  func reset() async throws {
    let fixture = try SettlementFixture()
    try await fixture.l1.mine(4)
    fixture.rollup.make(2)
    fixture.rollup.prove()
    try await fixture.settle()
    let other = try TestL1(clock: fixture.l1.clock)
    fixture.l1.clock.advance(by: .seconds(10))
    try await other.mine(20)
    let anew = try SettlementFixture(other, fixture.rollup)
    _ = anew
    // The same node finds another L1 behind its name.
    fixture.l1.intercept { method, parameters in
      guard method == "eth_getBlockByNumber" else { return nil }
      return .answers(
        #"{"number":"0x1","hash":"\#(Bytes32(UInt256(7)))","parentHash":"\#(Bytes32.zero)","timestamp":"0x1"}"#)
    }
    await fixture.step(3)
    #expect(fixture.status.current.isWrong)
    #expect(fixture.status.current.problem?.contains("this is another L1 than before") == true)
  }

  @Test("Other batches than ours on L1 stop settling")
  func otherBatches() async throws {
    let fixture = try SettlementFixture()
    fixture.rollup.make(2)
    fixture.rollup.prove()
    try await fixture.settle()
    let other = TestRollup()
    other.make(requests: [TestRollup.forcedDeposit], salt: 1)
    let behind = try SettlementFixture(fixture.l1, other)
    await behind.step(2)
    #expect(behind.status.current.problem == "L1 has 2 batches of this chain, this node has made 1")
    other.make(requests: [], salt: 1)
    await behind.step(2)
    #expect(behind.status.current.problem?.hasPrefix("L1 has another batch 2 than this node") == true)
  }

  @Test("No bridgehub, no chain, no right to settle: each is said")
  func wrongAddresses() async throws {
    func problem(_ adjust: (inout SettlerOptions) -> Void) async throws -> String? {
      let fixture = try SettlementFixture(nil, TestRollup(), adjust)
      fixture.rollup.make(1)
      await fixture.step(2)
      #expect(fixture.status.current.isWrong && !fixture.status.current.isReached)
      return fixture.status.current.problem
    }
    let nowhere = Address(0xbad)
    #expect(
      try await problem { $0.bridgehub = nowhere }
        == "there is no contract at \(nowhere), where the bridgehub should be, on the L1 with chain id 9")
    #expect(
      try await problem { $0.chainID = 271 }
        == "the bridgehub \(L1Genesis.bridgehub) knows no chain 271")
    let stranger = DevelopmentAccount.wellKnown[0]
    #expect(
      try await problem { $0.operatorKey = stranger.key }?.hasPrefix("\(stranger.address) may not settle") == true)
  }

  @Test("What L1 would refuse is not sent, and the reason is said")
  func refusal() async throws {
    let fixture = try SettlementFixture()
    // Without the request that L1 begins with.
    fixture.rollup.make(requests: [Keccak.nothing])
    fixture.rollup.prove()
    await fixture.step(30)
    #expect(fixture.l1.count(of: "eth_sendRawTransaction") == 0)
    #expect(
      fixture.status.current.notes.first
        == "commit of batch 1 would be refused: the contract refuses: PriorityOperationsRollingHashMismatch")
    // Asked again after longer and longer pauses.
    #expect(fixture.l1.count(of: "eth_sendRawTransaction") == 0)
  }

  @Test("An account without ether says so and waits")
  func funds() async throws {
    let fixture = try SettlementFixture()
    let balance = try await fixture.l1.perform("eth_getBalance", #"["\#(L1Genesis.operatorAccount)","latest"]"#)
    fixture.rollup.make(1)
    fixture.rollup.prove()
    try await fixture.l1.perform("anvil_setBalance", #"["\#(L1Genesis.operatorAccount)","0x1"]"#)
    await fixture.step(3)
    #expect(
      fixture.status.current.notes.first?.contains("has too little ether on L1") == true, "\(fixture.status.current)")
    try await fixture.l1.perform(
      "anvil_setBalance", #"["\#(L1Genesis.operatorAccount)","\#(try #require(balance.string))"]"#)
    try await fixture.settle()
  }

  @Test("L1 may be away, slow or talk nonsense: it is asked again, and nothing is lost")
  func outages() async throws {
    let fixture = try SettlementFixture()
    fixture.rollup.make(3)
    fixture.rollup.prove()
    let faults: [TestL1.Fault] = [
      .fails(.unreachable("gone")), .loses(.timedOut), .answers("null"), .answers("\"0x\""),
      .fails(.refused(.internalError("no"))), .answers("{}"),
    ]
    for fault in faults {
      fixture.l1.intercept { _, _ in fault }
      await fixture.step(3)
      #expect(fixture.status.current.problem != nil)
      fixture.rollup.make(1)
      fixture.l1.intercept(nil)
      await fixture.step(2)
    }
    try await fixture.settle()
    await fixture.step()
    try await fixture.check()
  }
}

private enum Keccak {
  static let nothing = Bytes32(hex: "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470") ?? .zero
}
