import Glibc

/// The clock that deadlines and durations are measured on: it does not move when somebody sets the time.
public enum MonotonicClock {
  /// Nanoseconds since some moment in the past.
  public static var nanoseconds: UInt64 { read(CLOCK_MONOTONIC) }
}

/// The clock of the calendar, which jumps when somebody sets it.
public enum CalendarClock {
  /// Nanoseconds since 1970-01-01 00:00 UTC.
  public static var nanoseconds: UInt64 { read(CLOCK_REALTIME) }
}

/// The clocks of benchmarks: other processes on the machine do not move them.
public enum ProcessorClock {
  /// Nanoseconds of processor time that this thread has used.
  public static var threadNanoseconds: UInt64 { read(CLOCK_THREAD_CPUTIME_ID) }
  /// Nanoseconds of processor time that all threads of this process have used.
  public static var processNanoseconds: UInt64 { read(CLOCK_PROCESS_CPUTIME_ID) }
}

@inline(__always)
private func read(_ clock: clockid_t) -> UInt64 {
  var time = timespec()
  clock_gettime(clock, &time)
  return UInt64(max(0, time.tv_sec)) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
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
    unixSeconds: { CalendarClock.nanoseconds / 1_000_000_000 }, monotonicNanoseconds: { MonotonicClock.nanoseconds })
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
