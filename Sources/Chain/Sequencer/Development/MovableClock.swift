import Concurrency
import Synchronization

/// The chain's time where whoever develops may move it: that of the system, or ahead of it. It never goes back.
public final class MovableClock: Sendable {
  private struct State {
    /// Seconds by which the chain is ahead of the system.
    var offset: UInt64 = 0
    /// The time of the next block alone.
    var next: UInt64?
  }

  /// Seconds that the calendar can have: enough for any test, and no sum of two overflows.
  public static let latest: UInt64 = 1 << 40

  private let source: TimeSource
  private let state = Mutex(State())

  public init(_ source: TimeSource) { self.source = source }

  /// Goes on behind a block with this timestamp, whatever the system says.
  func begin(after last: UInt64) { _ = move(to: last) }

  /// The chain's time now, in seconds since 1970.
  public var now: UInt64 { state.withLock { min(source.unixSeconds() + $0.offset, Self.latest) } }

  /// Lets the chain's time be at least `timestamp` now; the seconds by which it is ahead of the system's.
  @discardableResult
  public func move(to timestamp: UInt64) -> UInt64 {
    state.withLock { state in
      let now = source.unixSeconds() + state.offset
      if timestamp > now { state.offset += min(timestamp, Self.latest) - min(now, Self.latest) }
      return state.offset
    }
  }

  /// Seconds by which the chain's time is ahead of the system's.
  public var offset: UInt64 { state.withLock { $0.offset } }

  /// Goes back to what the offset was at a block that is the newest again.
  public func restore(offset: UInt64) {
    state.withLock { state in
      state.offset = offset
      state.next = nil
    }
  }

  /// Lets the next block have this timestamp; from then on time goes on from there.
  public func setNext(_ timestamp: UInt64) { state.withLock { $0.next = min(timestamp, Self.latest) } }

  /// The timestamp of a block that is made now, after one with `last`.
  func timestamp(after last: UInt64) -> UInt64 {
    state.withLock { max($0.next ?? min(source.unixSeconds() + $0.offset, Self.latest), last) }
  }

  /// A block with this timestamp has been made.
  func made(at timestamp: UInt64) {
    let wasSet = state.withLock { state in
      defer { state.next = nil }
      return state.next != nil
    }
    if wasSet { move(to: timestamp) }
  }
}
