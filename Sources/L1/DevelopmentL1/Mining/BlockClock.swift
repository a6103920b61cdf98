/// What time the next block is of: that of the system, moved by whoever tests what time does.
struct BlockClock: Sendable, Equatable {
  /// Seconds by which the chain's time differs from the system's.
  var offset: Int64 = 0
  /// The time of the next block alone.
  var nextTimestamp: UInt64?
  /// Seconds from each block to the next, whatever the system says.
  var interval: UInt64?

  /// Seconds that the calendar can have: enough for any test, and no sum of two overflows.
  static let latest: UInt64 = 1 << 62

  /// The chain's time now.
  func now(system: UInt64) -> UInt64 {
    let moved = Int64(clamping: system).addingReportingOverflow(offset)
    guard !moved.overflow, moved.partialValue > 0 else { return offset > 0 ? Self.latest : 0 }
    return min(UInt64(moved.partialValue), Self.latest)
  }

  /// The time of the block after one of `parent`: always later (yellow paper, section 4.4.4).
  func timestamp(after parent: UInt64, system: UInt64) -> UInt64 {
    let wanted = nextTimestamp ?? interval.map { min(parent &+ $0, Self.latest) } ?? now(system: system)
    return max(wanted, parent + 1)
  }

  /// The next block has been made. From a time that was set the clock goes on.
  mutating func advance(to timestamp: UInt64, system: UInt64) {
    guard nextTimestamp != nil else { return }
    nextTimestamp = nil
    set(timestamp, system: system)
  }

  /// Lets the chain's time be `timestamp` now.
  mutating func set(_ timestamp: UInt64, system: UInt64) {
    offset = Int64(clamping: timestamp) - Int64(clamping: system)
  }
}
