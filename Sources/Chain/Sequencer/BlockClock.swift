import Concurrency
import Glibc
import Logging
import Synchronization
import Telemetry

/// What timestamps new blocks may have. A block's time is never taken back, so a clock that was wrong for one block would
/// be the chain's time from then on: block production rather waits until somebody has looked.
public struct ClockBounds: Sendable {
  /// Seconds by which the clock may move against monotonic time while the node runs, and by which the last block may be
  /// ahead of it. A thousandth of the time that has passed comes on top, which is more than clocks are corrected by.
  public var maxStep: UInt64 = 60
  /// Seconds that may lie between the last block and the start of the node.
  public var maxGap: UInt64 = 30 * 86_400
  /// Timestamps up to this one are fine whatever the clocks say: an operator has decided.
  public var acceptedThrough: UInt64 = 0

  public init() {}
}

/// Why no block is made at the time that the clock shows. All numbers are seconds; times count from 1970.
enum ClockFault: Error, Equatable, CustomStringConvertible {
  /// The clock stands before 1970.
  case beforeEpoch
  /// The last block is later than the clock.
  case behindChain(by: UInt64, last: UInt64)
  /// Much more time than allowed lies between the last block and the start of the node.
  case aheadOfChain(by: UInt64, now: UInt64)
  /// While the node ran, the clock was set ahead.
  case steppedForward(by: UInt64)
  /// While the node ran, the clock was set back or stood still.
  case steppedBack(by: UInt64)

  var description: String {
    switch self {
    case .beforeEpoch: "the clock stands before 1970: set it"
    case .behindChain(let seconds, let last):
      "the last block is \(Self.time(seconds)) later than the clock: set the clock or, where the chain is to stay at that "
        + "block's time until the clock gets there, start with --sequencer-accept-clock \(last)"
    case .aheadOfChain(let seconds, let now):
      "the clock is \(Self.time(seconds)) later than the last block: set it or, if it is right, start with "
        + "--sequencer-accept-clock \(now + Self.day)"
    case .steppedForward(let seconds):
      "the clock was set ahead by \(Self.time(seconds)): set it or, if it is right, start the node again"
    case .steppedBack(let seconds):
      "the clock was set back by \(Self.time(seconds)) or stood still: set it or, if it is right, start the node again"
    }
  }

  private static let day: UInt64 = 86_400

  private static func time(_ seconds: UInt64) -> String {
    seconds >= 2 * day ? "\(seconds / day) days" : "\(seconds) s"
  }
}

/// Chooses the timestamps of blocks: the clock's time, unless the last block or monotonic time contradict it.
final class BlockClock: Sendable {
  private struct State {
    /// The timestamp of the last block; 0 where there is none but genesis.
    var last: UInt64 = 0
    /// The clock and monotonic time at the start.
    var wall: UInt64 = 0
    var monotonic: UInt64 = 0
    var isStarted = false
    /// What the log was told last.
    var said: ClockFault?
  }

  private let bounds: ClockBounds
  private let source: TimeSource
  private let log: Logger
  private let refused: Gauge
  private let state = Mutex(State())

  init(_ source: TimeSource, _ bounds: ClockBounds, log: Logger, registry: MetricsRegistry) {
    self.source = source
    self.bounds = bounds
    self.log = log
    refused = registry.gauge(
      "sequencer_clock_refused", "1 while no block is made because the clock contradicts the chain or monotonic time")
  }

  /// Compares the clock with the last block, as the node starts.
  func start(last: UInt64) {
    let wall = source.unixSeconds(), monotonic = elapsedNanoseconds
    state.withLock { state in
      state.last = last
      (state.wall, state.monotonic) = (wall, monotonic)
      state.isStarted = true
    }
    _ = timestamp(after: last)
  }

  /// The timestamp of a block that is made now, after one with `last`; `nil` where none must be made.
  func timestamp(after last: UInt64) -> UInt64? {
    let fault = state.withLock { state -> ClockFault? in
      state.last = last
      let fault = check(&state)
      if fault?.kind != state.said?.kind {
        if let fault {
          log.critical("no block is made", metadata: ["reason": "\(fault)"])
        } else {
          log.info("the clock is trusted again")
        }
        state.said = fault
      }
      return fault
    }
    refused.set(UInt64(fault == nil ? 0 : 1))
    return fault == nil ? max(source.unixSeconds(), last) : nil
  }

  /// Why no block would be made now; `nil` where nothing speaks against it.
  var fault: ClockFault? { state.withLock { $0.isStarted ? check(&$0) : nil } }

  /// Monotonic time with that during which the machine slept, which Linux leaves out of it and the clock does not.
  private var elapsedNanoseconds: UInt64 {
    let awake = Self.nanoseconds(CLOCK_MONOTONIC), all = Self.nanoseconds(CLOCK_BOOTTIME)
    return source.monotonicNanoseconds() + (all > awake ? all - awake : 0)
  }

  private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(max(0, time.tv_sec)) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  private func check(_ state: inout State) -> ClockFault? {
    let now = source.unixSeconds(), monotonic = elapsedNanoseconds
    guard now > 0 else { return .beforeEpoch }
    let passed = (monotonic > state.monotonic ? monotonic - state.monotonic : 0) / 1_000_000_000
    let tolerance = bounds.maxStep + passed / 1_000
    if state.last > now, state.last - now > bounds.maxStep, state.last > bounds.acceptedThrough {
      return .behindChain(by: state.last - now, last: state.last)
    }
    let time = max(now, state.last)
    guard time > bounds.acceptedThrough else { return nil }
    let expected = state.wall + passed
    if now > expected, now - expected > tolerance { return .steppedForward(by: now - expected) }
    if expected > now, expected - now > tolerance { return .steppedBack(by: expected - now) }
    // The clock has kept pace since the start. While the node runs, any time may pass without a block.
    let started = state.wall
    if state.last > 0, state.last < started, started - state.last > bounds.maxGap {
      return .aheadOfChain(by: started - state.last, now: now)
    }
    return nil
  }
}

extension ClockFault {
  /// The case alone: the numbers change with every second.
  fileprivate var kind: Int {
    switch self {
    case .beforeEpoch: 0
    case .behindChain: 1
    case .aheadOfChain: 2
    case .steppedForward: 3
    case .steppedBack: 4
    }
  }
}
