import Chain
import ChainStorage
import ChainTesting
import Primitives
import StorageTesting
import Synchronization
import Testing
import ZKsyncOS
import ThreadTesting

@Suite("What a chain makes durable, visible, and again", .serialized, .offTheCooperativePool)
struct DurabilityTests {
  let directory = TemporaryDirectory()

  @Test("Nothing is visible before it is durable, though execution goes on")
  func durableBeforeVisible() throws {
    let harness = try ChainHarness(directory)
    let storage = harness.storage
    harness.journal.state.withLock { state in
      state.beforeAppend = { records in
        #expect(records.first?.context.number == storage.blocks.head + 1)
        for record in records { #expect((try? storage.blocks.number(of: record.blockHash)) == .some(nil)) }
      }
      state.isHeld = true
    }
    try harness.chain.start()
    let follower = harness.chain.stream.follow("test", after: 0)
    try harness.extend(3)
    #expect(storage.state.latest == 3)
    #expect(storage.blocks.head == 0 && harness.chain.stream.head == 0)
    #expect(try storage.blocks.location(of: transfers(1)[0].hash) == nil)
    harness.journal.state.withLock { $0.isHeld = false }
    for number in 1...3 as ClosedRange<UInt64> {
      guard case .accepted(number, let block?)? = follower.next() else {
        Issue.record("block \(number) was not told of")
        return
      }
      // Readers have it, and so does the log.
      #expect(storage.blocks.head >= number && storage.log.last >= number)
      #expect(try storage.blocks.block(number) == Block(block))
    }
    harness.chain.stop()
    #expect(follower.next() == nil)
    #expect(storage.log.last == 3)
  }

  @Test("A disk that does not answer holds up the source of blocks soon")
  func backPressure() throws {
    let harness = try ChainHarness(directory) { $0.uncommittedBlocks = 2 }
    harness.journal.state.withLock { $0.isHeld = true }
    try harness.chain.start()
    let source = onThread { try harness.extend(20) }
    for _ in 0..<100 { shortPause() }
    // Two in the channel, of which the journal has one or both, and one that waits for room.
    #expect(harness.storage.state.latest <= 4)
    harness.journal.state.withLock { $0.isHeld = false }
    try source.join()
    harness.chain.stop()
    #expect(harness.storage.log.last == 20)
  }

  @Test("A journal that fails stops the chain, and what it did not take was never seen")
  func failingJournal() throws {
    let full = StorageError.database(.noSpace("IO error: No space left on device"))
    do {
      let harness = try ChainHarness(directory)
      let reported = Mutex<[ChainError]>([])
      harness.chain.onFailure { error in reported.withLock { $0.append(error) } }
      try harness.chain.start()
      try harness.extend(3)
      try harness.wait(for: 3)
      harness.journal.state.withLock { $0.failing = full }
      try harness.extend(1, nonce: 3)
      for _ in 0..<60_000 where harness.chain.failure == nil { shortPause() }
      #expect(throws: ChainError.storage(full)) { try harness.extend(1, nonce: 4) }
      #expect(harness.chain.health == .notReady("\(full)"))
      harness.chain.stop()
      #expect(reported.withLock { $0 } == [.storage(full)])
      #expect(harness.storage.blocks.head == 3 && harness.storage.log.last == 3)
      #expect(try harness.storage.blocks.location(of: transfers(1, nonce: 3)[0].hash) == nil)
    }
    let harness = try ChainHarness(directory)
    try harness.chain.start()
    try harness.extend(1, nonce: 3)
    try harness.wait(for: 4)
    harness.chain.stop()
  }

  @Test("A chain that is stopped takes no blocks")
  func stopped() throws {
    let harness = try ChainHarness(directory)
    try harness.chain.start()
    harness.chain.stop()
    #expect(throws: ChainError.stopped) { try harness.extend(1) }
  }

  /// Makes a chain of twelve blocks and returns them.
  func makeChain() throws -> [Block] {
    let harness = try ChainHarness(directory)
    try harness.chain.start()
    for block in 0..<12 as Range<UInt64> {
      try harness.chain.accept(try harness.seal(transfers(3, nonce: 3 * block)))
    }
    harness.chain.stop()
    let blocks = harness.storage.blocks
    return try (0...blocks.head).map { try #require(try blocks.block($0)) }
  }

  func expectChain(_ harness: ChainHarness, _ expected: [Block]) throws {
    #expect(harness.storage.blocks.head == UInt64(expected.count) - 1)
    for block in expected {
      #expect(try harness.storage.blocks.block(block.number) == block)
      let received = expected[...Int(block.number)].reduce(0) { $0 + $1.transactions.count }
      #expect(try harness.balance(Address(0xB0B), at: block.number) == UInt256(received))
    }
  }

  @Test("What is lost besides the journal is made again", arguments: [["state"], ["blocks"], ["state", "blocks"]])
  func recovery(stores: [String]) throws {
    let expected = try makeChain()
    for store in stores { TemporaryDirectory.remove(directory.file(store)) }
    do {
      let harness = try ChainHarness(directory)
      try harness.chain.start()
      try expectChain(harness, expected)
      #expect(harness.registry.executedTransactions(command: "replay").value == 36)
      #expect(harness.registry.blockNumber(stage: "execute").value == 12)
      try harness.extend(1, nonce: 36)
      try harness.wait(for: 13)
      harness.chain.stop()
    }
    // Now everything is on disk: nothing is left to recover.
    let storage = try TestChain.open(directory.path)
    #expect(storage.state.flushed.number == 13 && storage.blocks.flushed.number == 13)
  }

  @Test("A block that is not reproduced stops the start")
  func difference() throws {
    let expected = try makeChain()
    let last = UInt64(expected.count) - 1
    do {
      let log = try ReplayLog(path: directory.file("replay_log"), genesisHash: TestChain.genesis.hash)
      var record = try #require(try log.record(last))
      record.context.number = last + 1
      record.context.blockHashes = log.nextBlockHashes
      record.transactions = transfers(1, nonce: 36)
      record.blockHash = .zero
      try log.append([record])
    }
    let harness = try ChainHarness(directory)
    let error = #expect(throws: ChainError.self) { try harness.chain.start() }
    guard case .replay(.differs(block: last + 1, stored: .zero, computed: _)) = error else {
      Issue.record("expected a difference, got \(String(describing: error))")
      return
    }
    #expect(harness.storage.blocks.head == last)
  }

  @Test("A block that comes out with another output stops the start")
  func otherOutput() throws {
    let number = UInt64(try makeChain().count) - 1
    do {
      // The same block on the same state, of which the record says that it cost something else.
      let storage = try TestChain.open(directory.path)
      var record = try #require(try storage.log.record(number))
      record.outputHash = .zero
      try storage.truncate(to: number - 1)
      try storage.log.append([record])
    }
    let harness = try ChainHarness(directory)
    let error = #expect(throws: ChainError.self) { try harness.chain.start() }
    guard case .replay(.outputDiffers(block: number, stored: .zero, computed: _)) = error else {
      Issue.record("expected another output, got \(String(describing: error))")
      return
    }
  }

  @Test("A stored transaction that is refused stops the start")
  func refusal() throws {
    _ = try makeChain()
    do {
      let log = try ReplayLog(path: directory.file("replay_log"), genesisHash: TestChain.genesis.hash)
      var record = try #require(try log.record(log.last))
      record.context.number = log.last + 1
      try log.append([record])
    }
    let harness = try ChainHarness(directory)
    let error = #expect(throws: ChainError.self) { try harness.chain.start() }
    guard case .replay(.rejected) = error else {
      Issue.record("expected a refusal, got \(String(describing: error))")
      return
    }
  }
}
