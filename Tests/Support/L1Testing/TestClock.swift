import Concurrency
import Synchronization

/// A clock that tests set. Its monotonic time goes with it.
public final class TestClock: Sendable {
  private let nanoseconds: Atomic<UInt64>

  /// - Parameter seconds: since 1970.
  public init(_ seconds: UInt64 = 1_800_000_000) { nanoseconds = Atomic(seconds &* 1_000_000_000) }

  public func advance(by duration: Duration) { nanoseconds.add(duration.nanoseconds, ordering: .relaxed) }

  public var source: TimeSource {
    TimeSource(
      unixSeconds: { [self] in nanoseconds.load(ordering: .relaxed) / 1_000_000_000 },
      monotonicNanoseconds: { [self] in nanoseconds.load(ordering: .relaxed) })
  }
}
