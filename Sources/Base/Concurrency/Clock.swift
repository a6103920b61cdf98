import Glibc

/// The clock that deadlines and durations are measured on: it does not move when somebody sets the time.
public enum MonotonicClock {
  /// Nanoseconds since some moment in the past.
  @inline(__always)
  public static var nanoseconds: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}

/// Where a part takes the time from; tests bring their own.
public struct TimeSource: Sendable {
  /// Seconds since 1970.
  public var unixSeconds: @Sendable () -> UInt64
  /// Nanoseconds of the monotonic clock, which deadlines are measured on.
  public var monotonicNanoseconds: @Sendable () -> UInt64

  public init(
    unixSeconds: @escaping @Sendable () -> UInt64, monotonicNanoseconds: @escaping @Sendable () -> UInt64
  ) {
    self.unixSeconds = unixSeconds
    self.monotonicNanoseconds = monotonicNanoseconds
  }

  /// The clocks of the system.
  public static let system = TimeSource(
    unixSeconds: { UInt64(max(0, time(nil))) }, monotonicNanoseconds: { MonotonicClock.nanoseconds })
}

/// Measures consecutive stretches of time.
public struct Stopwatch: Sendable {
  private var last = MonotonicClock.nanoseconds

  public init() {}

  /// Nanoseconds since the last call, or since the stopwatch was made.
  public mutating func lap() -> UInt64 {
    let now = MonotonicClock.nanoseconds
    defer { last = now }
    return now &- last
  }
}

extension Duration {
  /// Whole nanoseconds; zero for a negative duration, at most thirty years.
  public var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    return UInt64(min(seconds, 1_000_000_000)) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
  }
}
