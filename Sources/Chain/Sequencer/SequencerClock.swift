import Glibc

/// Where the time comes from; tests bring their own.
public struct SequencerClock: Sendable {
  /// Seconds since 1970.
  public var unixSeconds: @Sendable () -> UInt64
  /// Nanoseconds of the system's monotonic clock, which deadlines are measured on.
  public var monotonicNanoseconds: @Sendable () -> UInt64

  public init(
    unixSeconds: @escaping @Sendable () -> UInt64, monotonicNanoseconds: @escaping @Sendable () -> UInt64
  ) {
    self.unixSeconds = unixSeconds
    self.monotonicNanoseconds = monotonicNanoseconds
  }

  /// The clocks of the system.
  public static let system = SequencerClock(
    unixSeconds: { UInt64(max(0, time(nil))) }, monotonicNanoseconds: { read(CLOCK_MONOTONIC) })

  private static func read(_ clock: clockid_t) -> UInt64 {
    var now = timespec()
    clock_gettime(clock, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
  }
}
