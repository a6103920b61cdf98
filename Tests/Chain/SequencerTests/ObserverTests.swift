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
    let events = Events<SequencerEvent>()
    let harness = try Harness(
      directory, { $0.limits.transactions = 4 }, observer: events.observer)
    let sent = transfers(8)
    try harness.send(sent)
    try harness.start()
    _ = try harness.block(with: sent[7].hash)
    try harness.sequencer.stop()

    #expect(events.count { if case .executed(let time) = $0 { time > 0 } else { false } } == 8)
    #expect(events.count { if case .waited = $0 { true } else { false } } == 8)
    #expect(events.count { if case .sealed(let time) = $0 { time > 0 } else { false } } == 2)
    #expect(events.count { if case .replayed = $0 { true } else { false } } == 0)
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
