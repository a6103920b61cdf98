import ChainStorage
import Primitives
import Sequencer
import StorageTesting
import Synchronization
import Testing

/// Collects what an observer is told.
private final class Events<Event: Sendable>: Sendable {
  private let list = Mutex<[Event]>([])
  var all: [Event] { list.withLock { $0 } }
  func count(_ matches: (Event) -> Bool) -> Int { all.count(where: matches) }
  var observer: @Sendable (Event) -> Void { { [self] event in list.withLock { $0.append(event) } } }
}

/// What a dashboard is made of: every step is reported, once, with a time.
@Suite(.serialized) struct ObserverTests {
  let directory = TemporaryDirectory()

  @Test func everyTransactionAndBlockIsReported() throws {
    let events = Events<SequencerEvent>(), stored = Events<StorageEvent>()
    let harness = try Harness(
      directory, { $0.limits.transactions = 4 }, observer: events.observer, storageObserver: stored.observer)
    let sent = transfers(8)
    try harness.send(sent)
    try harness.start()
    _ = try harness.block(with: sent[7].hash)
    try harness.sequencer.stop()

    #expect(events.count { if case .executed(let time) = $0 { time > 0 } else { false } } == 8)
    #expect(events.count { if case .waited = $0 { true } else { false } } == 8)
    #expect(events.count { if case .sealed(let time) = $0 { time > 0 } else { false } } == 2)
    #expect(events.count { if case .replayed = $0 { true } else { false } } == 0)

    #expect(stored.count { if case .recordAppended(let time) = $0 { time > 0 } else { false } } == 2)
    #expect(stored.count { if case .stateAppended = $0 { true } else { false } } == 2)
    let published = stored.all.compactMap { if case .blockPublished(let count, _) = $0 { count } else { nil } }
    #expect(published == [4, 4])
    let flushed = stored.all.compactMap {
      if case .blockFlushed(let number, let count, let bytes, _) = $0 {
        bytes > 0 ? [Int(number), count] : nil
      } else {
        nil
      }
    }
    #expect(flushed == [[1, 4], [2, 4]])
    // A block of transfers writes the sender, the receiver and the receiver of fees at least.
    #expect(
      stored.count {
        if case .stateFlushed(let slots, let preimages, _) = $0 { slots >= 3 && preimages >= 3 } else { false }
      } == 2)
  }

  @Test func readsSayWhereTheyFoundTheirValue() throws {
    let stored = Events<StorageEvent>()
    let storage = try TestChain.open(directory.path, observer: stored.observer)
    let key = Bytes32(7 as UInt256)
    for number in 1...3 as ClosedRange<UInt64> {
      let slots = number == 1 ? [key: Bytes32(1 as UInt256)] : [:]
      try storage.state.append(
        StateChange(number: number, blockHash: Bytes32(UInt256(number)), slots: slots, preimages: [:]))
    }
    let view = try storage.state.view(at: 3)
    func lastRead() -> (StorageEvent.SlotSource, Int)? {
      stored.all.reversed().lazy.compactMap { event -> (StorageEvent.SlotSource, Int)? in
        if case .slotRead(let source, let scanned, _) = event { (source, scanned) } else { nil }
      }.first
    }
    #expect(try view.slot(key) != nil)
    #expect(lastRead().map { $0 == (.recentBlocks, 3) } == true)
    #expect(try view.slot(Bytes32(8 as UInt256)) == nil)
    #expect(lastRead().map { $0 == (.base, 3) } == true)
    while try storage.state.flushNext() {}
    #expect(try storage.state.view(at: 3).slot(key) != nil)
    #expect(lastRead().map { $0 == (.base, 0) } == true)
    #expect(try view.preimage(key) == nil)
    #expect(stored.count { if case .preimageRead = $0 { true } else { false } } == 1)
  }

  @Test func blocksExecutedAgainAreReported() throws {
    do {
      let harness = try Harness(directory)
      let sent = transfers(3)
      try harness.send(sent)
      try harness.start()
      _ = try harness.block(with: sent[2].hash)
      try harness.sequencer.stop()
    }
    let events = Events<SequencerEvent>()
    let harness = try Harness(directory, observer: events.observer)
    let head = harness.storage.log.last
    try harness.sequencer.recover(from: 0)
    let replayed = events.all.compactMap {
      if case .replayed(let block, let count) = $0 { (block, count) } else { nil }
    }
    #expect(replayed.map(\.0) == Array(1...head))
    #expect(replayed.reduce(0) { $0 + $1.1 } == 3)
  }
}
