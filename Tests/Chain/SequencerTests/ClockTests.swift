import ChainTesting
import Sequencer
import StorageTesting
import Telemetry
import Testing
import ThreadTesting

/// The time of blocks never goes back, so a clock that is wrong must not get into it.
@Suite(.offTheCooperativePool) struct ClockTests {
  let directory = TemporaryDirectory()
  static let bounds: ClockBounds = {
    var bounds = ClockBounds()
    (bounds.maxStep, bounds.maxGap) = (60, 3_600)
    return bounds
  }()

  /// Runs a sequencer whose clock stands at `now` when it starts.
  private func run(
    at now: UInt64, accepting accepted: UInt64 = 0, _ body: (Harness) throws -> Void
  ) throws {
    let harness = try Harness(directory) {
      $0.clock = Self.bounds
      $0.clock.acceptedThrough = accepted
    }
    harness.unixTime.seconds.store(now, ordering: .relaxed)
    try harness.start()
    defer { harness.stop() }
    try body(harness)
  }

  /// Sends a transfer and returns the timestamp of its block.
  private func timestamp(_ harness: Harness, nonce: UInt64) throws -> UInt64 {
    let sent = transfers(1, nonce: nonce)
    try harness.send(sent)
    return try harness.block(with: sent[0].hash).header.timestamp
  }

  /// The same in a run of its own.
  private func timestamp(at now: UInt64, accepting accepted: UInt64 = 0, nonce: UInt64) throws -> UInt64 {
    var time: UInt64 = 0
    try run(at: now, accepting: accepted) { (harness: Harness) throws in time = try timestamp(harness, nonce: nonce) }
    return time
  }

  private func reason(_ harness: Harness) -> String? {
    guard case .notReady(let reason) = harness.sequencer.health else { return nil }
    return reason
  }

  @Test func aClockThatIsSetAheadOrBackStopsBlocksUntilItIsRight() throws {
    try run(at: 1_000_000) { harness in
      #expect(harness.sequencer.health == .ready)
      #expect(try timestamp(harness, nonce: 0) == 1_000_000)
      // What clocks are corrected by is nobody's business.
      harness.unixTime.seconds.store(1_000_050, ordering: .relaxed)
      #expect(try timestamp(harness, nonce: 1) == 1_000_050)

      for (nonce, wrong, words) in [
        (2, 1_000_000 + 50 * 365 * 86_400, "was set ahead by 18250 days"), (3, 999_800, "later than the clock"),
        (4, 0, "before 1970"),
      ] as [(UInt64, UInt64, String)] {
        harness.unixTime.seconds.store(wrong, ordering: .relaxed)
        #expect(reason(harness)?.contains(words) == true, "\(reason(harness) ?? "ready")")
        let head = harness.storage.log.last
        let sent = transfers(1, nonce: nonce)
        try harness.send(sent)
        for _ in 0..<300 { shortPause() }
        #expect(harness.storage.log.last == head)
        harness.unixTime.seconds.store(1_000_051, ordering: .relaxed)
        #expect(try harness.block(with: sent[0].hash).header.timestamp == 1_000_051)
        #expect(harness.sequencer.health == .ready)
      }
    }
  }

  @Test func aClockThatStandsBackBeforeAnyBlockIsNoticedToo() throws {
    try run(at: 1_000_000) { harness in
      harness.unixTime.seconds.store(999_000, ordering: .relaxed)
      #expect(reason(harness)?.contains("set back by 1000 s or stood still") == true)
      try harness.send(transfers(1))
      for _ in 0..<300 { shortPause() }
      #expect(harness.storage.log.last == 0)
    }
  }

  @Test func aLongPauseIsAcceptedByAnOperatorOnce() throws {
    #expect(try timestamp(at: 1_000_000, nonce: 0) == 1_000_000)
    #expect(try timestamp(at: 1_003_000, nonce: 1) == 1_003_000)
    let later: UInt64 = 1_003_000 + 4_000
    try run(at: later) { harness in
      let said = try #require(reason(harness))
      #expect(said.contains("4000 s later than the last block"))
      #expect(said.contains("--sequencer-accept-clock \(later + 86_400)"))
    }
    #expect(try timestamp(at: later, accepting: later + 86_400, nonce: 2) == later)
    // The option can stay where it is: it says nothing of later times.
    try run(at: later + 90_500, accepting: later + 86_400) {
      #expect(reason($0)?.contains("later than the last") == true)
    }
  }

  @Test func aChainThatIsAheadStaysThereWhereAnOperatorSaysSo() throws {
    let future: UInt64 = 50 * 365 * 86_400
    #expect(try timestamp(at: future, nonce: 0) == future)
    try run(at: 1_000_000) { harness in
      #expect(reason(harness)?.contains("--sequencer-accept-clock \(future)") == true)
    }
    try run(at: 1_000_000, accepting: future) { harness in
      #expect(harness.sequencer.health == .ready)
      for nonce in 1...2 as ClosedRange<UInt64> {
        let time = try timestamp(harness, nonce: nonce)
        #expect(time == future)
      }
    }
  }
}
