import ChainStorage
import Concurrency
import Mempool
import Primitives
import Sequencer
import StorageTesting
import Synchronization
import Testing
import Transactions
import ZKsyncOS

@Suite(.serialized) struct ProducingTests {
  let directory = TemporaryDirectory()
  let receiver = Address(0xB0B)

  @Test func transfersBecomeABlock() throws {
    let harness = try Harness(directory)
    try harness.start()
    let sent = transfers(5)
    try harness.send(sent)
    let block = try harness.block(with: sent[4].hash)
    try harness.sequencer.stop()
    #expect(block.header.timestamp == 1_000)
    #expect(block.receipts.allSatisfy { $0.receipt.succeeded && $0.receipt.gasUsed == 21_000 })
    let head = harness.storage.blocks.head
    #expect(try harness.balance(receiver, at: head) == 5)
    #expect(try harness.balance(receiver, at: 0) == 0)
    #expect(try harness.pool.pendingNonce(for: TestChain.sender(0)) == 5)
    #expect(harness.pool.transaction(sent[0].hash) == nil)
    // The fee went to the zero address, the rest stayed.
    let left = try harness.balance(TestChain.sender(0), at: head)
    #expect(left == UInt256(100_000_000_000_000_000_000) - 5 - 5 * 21_000 * 1_000)
    #expect(try harness.sequencer.context(at: head)?.number == head)
    #expect(try harness.sequencer.context(at: 0)?.number == 0)
    #expect(try harness.sequencer.context(at: head + 1) == nil)
  }

  @Test func anIdleChainMakesNoBlocks() throws {
    let harness = try Harness(directory)
    try harness.start()
    for _ in 0..<100 { pause() }
    try harness.sequencer.stop()
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
    try harness.sequencer.stop()
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
    try harness.sequencer.stop()
  }

  @Test func blocksAreSealedByTime() throws {
    let harness = try Harness(directory) { $0.limits.blockTime = 30_000_000 }
    try harness.start()
    let begin = TimeSource.system.monotonicNanoseconds()
    try harness.send(transfers(1))
    _ = try harness.block(with: transfers(1)[0].hash)
    #expect(TimeSource.system.monotonicNanoseconds() - begin >= 30_000_000)
    try harness.sequencer.stop()
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
    try harness.sequencer.stop()
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
    for _ in 0..<5_000 where harness.pool.counts.executable > 0 { pause() }
    #expect(harness.pool.counts == (0, 0))
    #expect(harness.storage.blocks.head == 0)
    try harness.send(transfers(1))
    #expect(try harness.block(with: transfers(1)[0].hash).transactions.count == 1)
    try harness.sequencer.stop()
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
      try harness.sequencer.stop()
      #expect(try harness.storage.log.record(1)?.firstPriorityID == 0)
    }
    let harness = try Harness(directory, l1: FixedL1Requests([request(0), request(1), request(2)]))
    try harness.start()
    let block = try harness.block(with: request(2).hash)
    #expect(block.transactions.map(\.hash) == [request(2).hash])
    try harness.sequencer.stop()
    #expect(try harness.storage.log.record(2)?.firstPriorityID == 2)
  }

  @Test func aRefusedRequestIsReportedAndTheChainGoesOn() throws {
    // It mints less than its value and fee.
    let bad = RecoveredTransaction(
      .request(
        L1Request(
          kind: .priority, from: receiver, to: receiver, gasLimit: 500_000, gasPerPubdataLimit: 1_000,
          maxFeePerGas: 100, nonce: 0, value: 7, toMint: 1, refundRecipient: receiver)), sender: receiver)
    let harness = try Harness(directory, l1: FixedL1Requests([bad]))
    let reported = Mutex<[UInt64]>([])
    harness.sequencer.onRefusedRequest { id, _ in reported.withLock { $0.append(id) } }
    try harness.start()
    try harness.send(transfers(1))
    #expect(try harness.block(with: transfers(1)[0].hash).transactions.count == 1)
    try harness.sequencer.stop()
    #expect(reported.withLock { $0 } == [0])
  }

  @Test func stagesAndSubscribersSeeEveryBlockInOrder() throws {
    let harness = try Harness(directory) { $0.limits.transactions = 2 }
    let stage = BoundedChannel<SealedBlock>(capacity: 1)
    harness.sequencer.attach(stage)
    let staged = Mutex<[UInt64]>([]), heard = Mutex<[UInt64]>([])
    let reader = ServiceThread {
      while let block = stage.receive() {
        staged.withLock { $0.append(block.number) }
        pause()
      }
    }
    let storage = harness.storage
    let subscription = harness.sequencer.subscribe { block in
      #expect(storage.blocks.head >= block.number)
      heard.withLock { $0.append(block.number) }
    }
    try harness.start()
    try harness.send(transfers(60))
    _ = try harness.block(with: transfers(60)[59].hash)
    try harness.sequencer.stop()
    reader.join()
    harness.sequencer.unsubscribe(subscription)
    let all = Array(1...harness.storage.blocks.head)
    #expect(staged.withLock { $0 } == all)
    #expect(heard.withLock { $0 } == all)
  }
}
