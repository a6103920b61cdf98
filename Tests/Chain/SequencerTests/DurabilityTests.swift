import ChainStorage
import Concurrency
import Mempool
import Primitives
import RocksDB
import Sequencer
import StorageTesting
import Synchronization
import Testing
import Transactions
import ZKsyncOS

@Suite(.serialized) struct DurabilityTests {
  let directory = TemporaryDirectory()

  @Test func nothingIsVisibleBeforeItIsDurable() throws {
    let harness = try Harness(directory) { $0.limits.transactions = 1 }
    let storage = harness.storage
    harness.journal.state.withLock { state in
      state.beforeAppend = { record in
        #expect(storage.blocks.head == record.context.number - 1)
        #expect((try? storage.blocks.number(of: record.blockHash)) == .some(nil))
      }
      state.isHeld = true
    }
    try harness.start()
    let sent = transfers(3)
    try harness.send(sent)
    // Execution goes on while the disk does not answer; readers see nothing of it.
    for _ in 0..<5_000 where storage.state.latest < 3 { pause() }
    #expect(storage.state.latest == 3)
    #expect(storage.blocks.head == 0)
    #expect(try storage.blocks.location(of: sent[0].hash) == nil)
    #expect(harness.pool.transaction(sent[0].hash) == sent[0])
    #expect(try harness.pool.pendingNonce(for: TestChain.sender(0)) == 3)
    harness.journal.state.withLock { $0.isHeld = false }
    _ = try harness.block(with: sent[2].hash)
    try harness.sequencer.stop()
    #expect(storage.log.last == 3)
  }

  @Test func aDiskThatDoesNotAnswerStopsExecutionSoon() throws {
    let harness = try Harness(directory) {
      $0.limits.transactions = 1
      $0.uncommittedBlocks = 2
    }
    harness.journal.state.withLock { $0.isHeld = true }
    try harness.start()
    try harness.send(transfers(20))
    for _ in 0..<100 { pause() }
    // One at the journal, two in the channel, one that waits for room.
    #expect(harness.storage.state.latest <= 4)
    harness.journal.state.withLock { $0.isHeld = false }
    _ = try harness.block(with: transfers(20)[19].hash)
    try harness.sequencer.stop()
  }

  @Test func aFailingLogStopsTheSequencerAndShowsNothing() throws {
    let lost = transfers(4)[3]
    do {
      let harness = try Harness(directory) { $0.limits.transactions = 1 }
      let reported = Mutex<[SequencerError]>([])
      harness.sequencer.onFailure { error in reported.withLock { $0.append(error) } }
      try harness.start()
      try harness.send(transfers(3))
      _ = try harness.block(with: transfers(3)[2].hash)
      let full = StorageError.database(.noSpace("IO error: No space left on device"))
      harness.journal.state.withLock { $0.failing = full }
      try harness.send([lost])
      for _ in 0..<5_000 where harness.sequencer.failure == nil { pause() }
      #expect(throws: SequencerError.storage(full)) { try harness.sequencer.stop() }
      #expect(reported.withLock { $0 } == [.storage(full)])
      #expect(harness.storage.blocks.head == 3)
      #expect(try harness.storage.blocks.location(of: lost.hash) == nil)
      #expect(harness.storage.log.last == 3)
    }
    let harness = try Harness(directory)
    try harness.start()
    #expect(harness.storage.blocks.head == 3)
    try harness.send([lost])
    #expect(try harness.block(with: lost.hash).number == 4)
    try harness.sequencer.stop()
  }

  /// Makes a chain of twelve blocks and returns them.
  func makeChain() throws -> [Block] {
    let harness = try Harness(directory) { $0.limits.transactions = 3 }
    try harness.start()
    try harness.send(transfers(36))
    _ = try harness.block(with: transfers(36)[35].hash)
    try harness.sequencer.stop()
    let blocks = harness.storage.blocks
    return try (0...blocks.head).map { try #require(try blocks.block($0)) }
  }

  func expectChain(_ storage: ChainStorage, _ expected: [Block], sourceLocation: SourceLocation = #_sourceLocation)
    throws
  {
    #expect(storage.blocks.head == UInt64(expected.count) - 1, sourceLocation: sourceLocation)
    for block in expected {
      #expect(try storage.blocks.block(block.number) == block, sourceLocation: sourceLocation)
      let received = expected[...Int(block.number)].reduce(0) { $0 + $1.transactions.count }
      let balance = try storage.state.view(at: block.number).account(Address(0xB0B)).balance
      #expect(balance == UInt256(received), sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: [["state"], ["blocks"], ["state", "blocks"]])
  func whatIsLostBesidesTheLogIsMadeAgain(stores: [String]) throws {
    let expected = try makeChain()
    for store in stores { TemporaryDirectory.remove(directory.file(store)) }
    do {
      let harness = try Harness(directory)
      try harness.start()
      try expectChain(harness.storage, expected)
      try harness.send(transfers(1, nonce: 36))
      #expect(try harness.block(with: transfers(1, nonce: 36)[0].hash).number == UInt64(expected.count))
      try harness.sequencer.stop()
    }
    // Now everything is on disk: nothing is left to recover.
    let storage = try TestChain.open(directory.path)
    #expect(storage.state.flushed.number == storage.log.last)
    #expect(storage.blocks.flushed.number == storage.log.last)
  }

  @Test func stagesAreGivenWhatTheyLack() throws {
    let expected = try makeChain()
    let harness = try Harness(directory)
    let stage = BoundedChannel<SealedBlock>(capacity: 2)
    harness.sequencer.attach(stage)
    let numbers = Mutex<[UInt64]>([])
    let reader = ServiceThread {
      while let block = stage.receive() {
        numbers.withLock { $0.append(block.number) }
        #expect(block.block == expected[Int(block.number)])
      }
    }
    try harness.sequencer.recover(from: 5)
    try harness.sequencer.start()
    try harness.sequencer.stop()
    reader.join()
    #expect(numbers.withLock { $0 } == Array(6..<UInt64(expected.count)))
  }

  @Test func aBlockThatIsNotReproducedStopsTheStart() throws {
    let expected = try makeChain()
    let last = UInt64(expected.count) - 1
    do {
      let log = try ReplayLog(path: directory.file("replay_log"), genesisHash: TestChain.genesis.hash)
      var record = try #require(try log.record(last))
      record.context.number = last + 1
      record.context.blockHashes = log.nextBlockHashes
      record.transactions = transfers(1, nonce: 36)
      record.blockHash = .zero
      try log.append(record)
      record.context.number = last + 2
      record.transactions = transfers(1, nonce: 36)
      try log.append(record)
    }
    let harness = try Harness(directory)
    let error = #expect(throws: SequencerError.self) { try harness.sequencer.recover() }
    guard case .replayDiffers(block: last + 1, stored: .zero, computed: _) = error else {
      Issue.record("expected a difference, got \(String(describing: error))")
      return
    }
    #expect(harness.storage.blocks.head == last)
  }

  @Test func aStoredTransactionThatIsRefusedStopsTheStart() throws {
    _ = try makeChain()
    do {
      let log = try ReplayLog(path: directory.file("replay_log"), genesisHash: TestChain.genesis.hash)
      var record = try #require(try log.record(log.last))
      record.context.number = log.last + 1
      try log.append(record)
    }
    let harness = try Harness(directory)
    let error = #expect(throws: SequencerError.self) { try harness.sequencer.recover() }
    guard case .replayRejected = error else {
      Issue.record("expected a refusal, got \(String(describing: error))")
      return
    }
  }
}
