import Chain
import ChainStorage
import ChainTesting
import Concurrency
import Mempool
import Primitives
import Sequencer
import StorageTesting
import Synchronization
import Testing
import Transactions
import ZKsyncOS
import ThreadTesting

@Suite(.serialized, .offTheCooperativePool) struct ProducingTests {
  let directory = TemporaryDirectory()
  let receiver = Address(0xB0B)

  @Test func transfersBecomeABlock() throws {
    let harness = try Harness(directory)
    try harness.start()
    let sent = transfers(5)
    try harness.send(sent)
    let block = try harness.block(with: sent[4].hash)
    // The pool hears of a block after it is visible, and of none after the stop.
    for _ in 0..<60_000 where harness.pool.transaction(sent[0].hash) != nil { shortPause() }
    harness.stop()
    #expect(block.header.timestamp == 1_000)
    #expect(block.receipts.allSatisfy { $0.receipt.succeeded && $0.receipt.gasUsed == 21_000 })
    let head = harness.storage.blocks.head
    #expect(try harness.chain.balance(receiver, at: head) == 5)
    #expect(try harness.chain.balance(receiver, at: 0) == 0)
    #expect(try harness.pool.pendingNonce(for: TestChain.sender(0)) == 5)
    #expect(harness.pool.transaction(sent[0].hash) == nil)
    // The fee went to the zero address, the rest stayed.
    let left = try harness.chain.balance(TestChain.sender(0), at: head)
    #expect(left == UInt256(100_000_000_000_000_000_000) - 5 - 5 * 21_000 * 1_000)
  }

  @Test func anIdleChainMakesNoBlocks() throws {
    let harness = try Harness(directory)
    try harness.start()
    for _ in 0..<100 { shortPause() }
    harness.stop()
    #expect(harness.storage.blocks.head == 0)
  }

  @Test func blocksAreSealedByCount() throws {
    let harness = try Harness(directory) {
      $0.limits.transactions = 10
      $0.limits.blockTime = 60_000_000_000
    }
    try harness.send(transfers(30))
    try harness.start()
    _ = try harness.block(with: transfers(30)[29].hash)
    for number in 1...3 as ClosedRange<UInt64> {
      #expect(try harness.storage.blocks.block(number)?.transactions.count == 10)
    }
    harness.stop()
  }

  @Test func blocksAreSealedByGas() throws {
    let harness = try Harness(directory) {
      $0.limits.gas = 60_000
      $0.limits.blockTime = 60_000_000_000
    }
    try harness.send(transfers(6))
    try harness.start()
    _ = try harness.block(with: transfers(6)[5].hash)
    #expect(try harness.storage.blocks.block(1)?.transactions.count == 3)
    harness.stop()
  }

  @Test func blocksAreSealedByTime() throws {
    let harness = try Harness(directory) { $0.limits.blockTime = 30_000_000 }
    try harness.start()
    let begin = TimeSource.system.monotonicNanoseconds()
    try harness.send(transfers(1))
    _ = try harness.block(with: transfers(1)[0].hash)
    #expect(TimeSource.system.monotonicNanoseconds() - begin >= 30_000_000)
    harness.stop()
  }

  @Test func timestampsNeverDecreaseAndHashesAreThoseOfTheChain() throws {
    let harness = try Harness(directory) { $0.limits.transactions = 1 }
    try harness.start()
    for (nonce, time) in [1_000, 900, 2_000].enumerated() {
      harness.unixTime.seconds.store(UInt64(time), ordering: .relaxed)
      let sent = transfers(1, nonce: UInt64(nonce))
      try harness.send(sent)
      _ = try harness.block(with: sent[0].hash)
    }
    harness.stop()
    let records = try (1...3).map { try #require(try harness.storage.log.record($0)) }
    #expect(records.map(\.context.timestamp) == [1_000, 1_000, 2_000])
    #expect(records[0].context.blockHashes[0] == TestChain.genesis.hash)
    #expect(records[2].context.blockHashes[0] == records[1].blockHash)
    #expect(records[2].context.blockHashes[1] == records[0].blockHash)
    #expect(records[2].context.blockHashes[2] == TestChain.genesis.hash)
  }

  @Test func whatTheExecutorRefusesLeavesThePoolAndMakesNoBlock() throws {
    // A transaction that the pool lets through and the virtual machine does not: a message to L1 from an account
    // without code.
    let harness = try Harness(directory)
    try harness.start()
    let refused = TestChain.transfer(from: TestChain.sender(1), nonce: 0, to: Address(0x9000), gasLimit: 100_000)
    try harness.send([refused])
    for _ in 0..<60_000 where harness.pool.counts.executable > 0 { shortPause() }
    #expect(harness.pool.counts == (0, 0))
    #expect(harness.storage.blocks.head == 0)
    try harness.send(transfers(1))
    #expect(try harness.block(with: transfers(1)[0].hash).transactions.count == 1)
    harness.stop()
  }

  @Test func requestsOfL1GoFirstAndOnce() throws {
    func request(_ id: UInt64, toMint: UInt256 = 1_000_000_000) -> RecoveredTransaction {
      RecoveredTransaction(
        .request(
          L1Request(
            kind: .priority, from: receiver, to: receiver, gasLimit: 500_000, gasPerPubdataLimit: 1_000,
            maxFeePerGas: 100, nonce: id, value: 7, toMint: toMint, refundRecipient: receiver)), sender: receiver)
    }
    do {
      let harness = try Harness(directory, l1: FixedL1Requests([request(0), request(1)]))
      try harness.send(transfers(1))
      try harness.start()
      let block = try harness.block(with: transfers(1)[0].hash)
      #expect(block.transactions.map(\.hash) == [request(0).hash, request(1).hash, transfers(1)[0].hash])
      harness.stop()
      #expect(try harness.storage.log.record(1)?.firstPriorityID == 0)
    }
    let harness = try Harness(directory, l1: FixedL1Requests([request(0), request(1), request(2)]))
    try harness.start()
    let block = try harness.block(with: request(2).hash)
    #expect(block.transactions.map(\.hash) == [request(2).hash])
    harness.stop()
    #expect(try harness.storage.log.record(2)?.firstPriorityID == 2)
  }

  @Test func afterARefusedRequestTheChainGoesOn() throws {
    // It mints less than its value and fee.
    let bad = RecoveredTransaction(
      .request(
        L1Request(
          kind: .priority, from: receiver, to: receiver, gasLimit: 500_000, gasPerPubdataLimit: 1_000,
          maxFeePerGas: 100, nonce: 0, value: 7, toMint: 1, refundRecipient: receiver)), sender: receiver)
    let harness = try Harness(directory, l1: FixedL1Requests([bad]))
    try harness.start()
    try harness.send(transfers(1))
    #expect(try harness.block(with: transfers(1)[0].hash).transactions.count == 1)
    harness.stop()
  }

  @Test func productionWaitsForWhoMayNotBeLeftBehind() throws {
    let harness = try Harness(directory) { $0.limits.transactions = 1 }
    let follower = harness.chain.chain.stream.follow("settlement", after: 0, maxLag: 2)
    try harness.start()
    try harness.send(transfers(5))
    _ = try harness.block(with: transfers(5)[1].hash)
    for _ in 0..<60_000 where harness.sequencer.health == .ready { shortPause() }
    #expect(
      harness.sequencer.health == .degraded("block production waits for settlement, which is at block 0"))
    #expect(harness.sequencer.lag?.waitingFor == "settlement")
    // Not one block more than the bound, however long it takes.
    #expect(harness.storage.log.last == 2)
    follower.finish(through: 3)
    _ = try harness.block(with: transfers(5)[4].hash)
    #expect(harness.sequencer.health == .ready)
    harness.stop()
  }

  @Test func aHeldSequencerStops() throws {
    let harness = try Harness(directory) { $0.limits.transactions = 1 }
    let follower = harness.chain.chain.stream.follow("settlement", after: 0, maxLag: 1)
    try harness.start()
    try harness.send(transfers(3))
    for _ in 0..<60_000 where harness.sequencer.health == .ready { shortPause() }
    harness.stop()
    #expect(harness.storage.log.last == 1)
    withExtendedLifetime(follower) {}
  }

  @Test func aFailingJournalStopsTheSequencer() throws {
    let full = StorageError.database(.noSpace("IO error: No space left on device"))
    let harness = try Harness(directory) { $0.limits.transactions = 1 }
    harness.chain.journal.state.withLock { $0.failing = full }
    let reported = Mutex<[SequencerError]>([])
    harness.sequencer.onFailure { error in reported.withLock { $0.append(error) } }
    try harness.start()
    try harness.send(transfers(20))
    for _ in 0..<60_000 where harness.sequencer.failure == nil { shortPause() }
    #expect(harness.sequencer.failure == .chain(.storage(full)))
    #expect(harness.sequencer.health == .notReady("\(full)"))
    harness.stop()
    #expect(reported.withLock { $0 } == [.chain(.storage(full))])
    #expect(harness.storage.blocks.head == 0)
  }

  @Test func whatIsNotVisibleYetIsFoundInThePool() throws {
    let harness = try Harness(directory) { $0.limits.transactions = 1 }
    harness.chain.journal.state.withLock { $0.isHeld = true }
    try harness.start()
    let sent = transfers(3)
    try harness.send(sent)
    for _ in 0..<60_000 where harness.storage.state.latest < 3 { shortPause() }
    #expect(try harness.storage.blocks.location(of: sent[0].hash) == nil)
    #expect(harness.pool.transaction(sent[0].hash) == sent[0])
    #expect(try harness.pool.pendingNonce(for: TestChain.sender(0)) == 3)
    harness.chain.journal.state.withLock { $0.isHeld = false }
    _ = try harness.block(with: sent[2].hash)
    for _ in 0..<60_000 where harness.pool.transaction(sent[2].hash) != nil { shortPause() }
    #expect(harness.pool.transaction(sent[0].hash) == nil && harness.pool.transaction(sent[2].hash) == nil)
    harness.stop()
  }

  @Test func everyTransactionAndBlockIsMeasured() throws {
    let harness = try Harness(directory) { $0.limits.transactions = 4 }
    try harness.send(transfers(8))
    try harness.start()
    _ = try harness.block(with: transfers(8)[7].hash)
    harness.stop()
    let text = harness.chain.registry.exposition
    for line in [
      "block_execution_stages_seconds_count{stage=\"execute\"} 8",
      "block_execution_stages_seconds_count{stage=\"wait_for_tx\"} 8",
      "block_execution_stages_seconds_count{stage=\"seal\"} 2", "executed_transactions{command=\"produce\"} 8",
      "executed_transactions{command=\"replay\"} 0", "sealed_block 2", "storage_writes_per_block_count 2",
      "block_number{stage=\"execute\"} 2",
    ] {
      #expect(text.contains(line + "\n"), "\(line)")
    }
  }
}
