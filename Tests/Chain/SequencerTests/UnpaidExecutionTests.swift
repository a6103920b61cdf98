import ChainStorage
import ChainTesting
import Mempool
import Primitives
import Sequencer
import StorageTesting
import TelemetryTesting
import Testing
import Transactions
import ZKsyncOS
import ThreadTesting

/// Transactions that take long, or take time and pay nothing: the others do not wait for them.
@Suite(.serialized, .offTheCooperativePool) struct UnpaidExecutionTests {
  let directory = TemporaryDirectory()

  /// Deploys `code` with the first sender and returns its address; the sender's next nonce is 1.
  func deploy(_ code: [UInt8], _ harness: Harness) throws -> Address {
    let creation = TestChain.transfer(
      from: TestChain.sender(0), nonce: 0, to: nil, value: 0, gasLimit: 500_000, input: Contract.creation(of: code))
    try harness.send([creation])
    let block = try harness.block(with: creation.hash)
    let receipt = try #require(block.receipts.last?.receipt)
    #expect(receipt.succeeded)
    return try #require(receipt.contractAddress)
  }

  func wait(_ harness: Harness, for hash: Bytes32) throws -> Refusal {
    for _ in 0..<20_000 {
      if let refusal = harness.pool.refusal(of: hash) { return refusal }
      shortPause()
    }
    throw ChainHarness.TimedOut()
  }

  @Test func aLongTransactionIsTriedBesideTheBlockAndIncluded() throws {
    let harness = try Harness(directory) { $0.limits.unpaidTime = 2_000_000 }
    try harness.start()
    let hasher = try deploy(Contract.hasher, harness)
    // Four times 1 MiB of Keccak-256: some 5e8 native, more than the little time that is free allows.
    let long = TestChain.transfer(
      from: TestChain.sender(1), nonce: 0, to: hasher, value: 0, gasLimit: 20_000_000,
      input: Contract.words(4, 1 << 20))
    try harness.send([long])
    let block = try harness.block(with: long.hash)
    harness.stop()
    #expect(block.receipts.last?.receipt.succeeded == true)
    #expect(try #require(harness.chain.registry.value("sequencer_trials_total{outcome=\"fits\"}")) >= 1)
    #expect(try #require(harness.chain.registry.value("sequencer_unpaid_microseconds_total")) > 0)
  }

  @Test func whatIsRefusedAfterItRanTellsWhyAndHoldsNobodyUp() throws {
    let harness = try Harness(directory)
    try harness.start()
    let returner = try deploy(Contract.returner, harness)
    let bombs = (1..<4 as Range<UInt64>).map { sender in
      TestChain.transfer(
        from: TestChain.sender(sender), nonce: 0, to: returner, value: 0, tip: 500, gasLimit: 60_000_000)
    }
    let later = TestChain.transfer(from: TestChain.sender(1), nonce: 1)
    try harness.send(bombs + [later])
    let honest = transfers(1, from: 7)
    try harness.send(honest)
    _ = try harness.block(with: honest[0].hash)
    let refusal = try wait(harness, for: bombs[0].hash)
    for bomb in bombs {
      guard case .execution(let reason) = try wait(harness, for: bomb.hash).reason else {
        Issue.record("not refused in execution")
        continue
      }
      #expect(
        reason == Hazard.returnDataLimit.description || reason == BlockResource.native.refusal, "\(reason)")
    }
    #expect(harness.pool.blocker(of: later.hash) == refusal)
    harness.stop()
    #expect(harness.storage.blocks.head == 2)
  }

  @Test func moreComputationThanATransactionMayTakeIsRefused() throws {
    let harness = try Harness(directory) { $0.limits.transactionNative = 100_000_000 }
    try harness.start()
    let hasher = try deploy(Contract.hasher, harness)
    let long = TestChain.transfer(
      from: TestChain.sender(1), nonce: 0, to: hasher, value: 0, gasLimit: 50_000_000,
      input: Contract.words(100, 1 << 20))
    try harness.send([long])
    #expect(try wait(harness, for: long.hash).reason == .execution(BlockResource.native.refusal))
    harness.stop()
  }

  @Test func noBlockTakesMoreCyclesThanAProverTakes() throws {
    let harness = try Harness(directory) { $0.limits.maxCycles = 50_000_000 }
    try harness.start()
    let hasher = try deploy(Contract.hasher, harness)
    // Some 20 million cycles each, so that a block has room for two; the last one never fits.
    let hashes = (1..<6 as Range<UInt64>).map { number in
      TestChain.transfer(
        from: TestChain.sender(number), nonce: 0, to: hasher, value: 0, gasLimit: 3_000_000,
        input: Contract.words(4, 32_768))
    }
    let tooLong = TestChain.transfer(
      from: TestChain.sender(9), nonce: 0, to: hasher, value: 0, gasLimit: 20_000_000,
      input: Contract.words(40, 32_768))
    try harness.send(hashes + [tooLong])
    #expect(try wait(harness, for: tooLong.hash).reason == .execution(BlockResource.cycles.refusal))
    for one in hashes { _ = try harness.block(with: one.hash) }
    harness.stop()
    for number in 1...harness.storage.log.last {
      let view = try harness.storage.state.view(at: number - 1)
      let record = try #require(try harness.storage.log.record(number))
      var executor = try BlockExecutor(context: record.context, state: view)
      for transaction in record.transactions { _ = try executor.execute(transaction) }
      #expect(executor.totals.cycles <= 50_000_000)
      #expect(record.transactions.count <= 3)
    }
    #expect(try #require(harness.chain.registry.value("sequencer_sealed_total{reason=\"full_cycles\"}")) >= 1)
  }

  @Test func noBlockHasMorePubdataThanABatch() throws {
    let harness = try Harness(directory)
    try harness.start()
    let reader = try deploy(Contract.reader, harness)
    // Each reads slots that nobody else does: 48,000 bytes of keys that it is not charged for.
    let reads = (1..<6 as Range<UInt64>).map { number in
      TestChain.transfer(
        from: TestChain.sender(number), nonce: 0, to: reader, value: 0, gasLimit: 5_000_000,
        input: Contract.words(1_500, number << 32))
    }
    let tooBig = TestChain.transfer(
      from: TestChain.sender(9), nonce: 0, to: reader, value: 0, gasLimit: 20_000_000, input: Contract.words(4_100))
    try harness.send(reads + [tooBig])
    #expect(try wait(harness, for: tooBig.hash).reason == .execution(BlockResource.pubdata.refusal))
    for one in reads { _ = try harness.block(with: one.hash) }
    harness.stop()
    for number in 1...harness.storage.log.last {
      let view = try harness.storage.state.view(at: number - 1)
      let record = try #require(try harness.storage.log.record(number))
      let output = try BlockReplay().run(record, on: view)
      #expect(output.pubdata.count <= harness.sequencer.options.limits.maxPubdata)
    }
  }
}

@Suite struct UnpaidTimeTests {
  @Test func itFillsWithTimeAndNoFurther() {
    var unpaid = UnpaidTime(capacity: 10, period: 100, now: 1_000)
    #expect(unpaid.slice(at: 1_000) == 10)
    unpaid.spend(8)
    #expect(unpaid.slice(at: 1_000) == 2)
    #expect(unpaid.slice(at: 1_050) == 7)
    #expect(unpaid.slice(at: 9_000) == 10)
  }

  @Test func aDebtIsWaitedOff() {
    var unpaid = UnpaidTime(capacity: 1_000, period: 10_000, now: 0)
    unpaid.spend(3_000)
    #expect(unpaid.slice(at: 0) == nil)
    let refill = unpaid.refill(after: 0)
    #expect(unpaid.slice(at: refill / 2) == nil)
    #expect(unpaid.slice(at: refill + 10) != nil)
    #expect(unpaid.refill(after: refill + 10) == refill + 10)
  }

  @Test func aClockThatGoesBackGivesNothing() {
    var unpaid = UnpaidTime(capacity: 1_000, period: 10_000, now: 50_000)
    unpaid.spend(.max)
    #expect(unpaid.slice(at: 0) == nil)
    #expect(unpaid.slice(at: .max) == nil)
  }
}

@Suite struct FeeModelTests {
  let floor: UInt256 = 1_000

  @Test func aFixedFeeIsTheFloor() {
    #expect(FeeModel.fixed.next(after: 77, gasUsed: 1 << 40, floor: floor) == floor)
  }

  /// Values of EIP-1559's formula.
  @Test(
    arguments: [
      (8_000, 50, 8_000), (8_000, 100, 9_000), (8_000, 0, 7_000), (8_000, 75, 8_500), (1_000, 0, 1_000),
      (1_000, 51, 1_002), (1_040, 0, 1_000),
    ] as [(UInt64, UInt64, UInt64)])
  func itFollowsTheLoad(baseFee: UInt64, percent: UInt64, next: UInt64) {
    let model = FeeModel.eip1559(target: 50_000_000)
    #expect(model.next(after: UInt256(baseFee), gasUsed: percent * 1_000_000, floor: floor) == UInt256(next))
  }

  @Test func itNeverLeavesTheHeadersField() {
    let model = FeeModel.eip1559(target: 1)
    #expect(model.next(after: UInt256(UInt64.max), gasUsed: .max, floor: floor) == UInt256(UInt64.max))
    #expect(model.next(after: .zero, gasUsed: 0, floor: .zero) == .zero)
    #expect(model.next(after: .zero, gasUsed: 2, floor: .zero) == 1)
  }
}
