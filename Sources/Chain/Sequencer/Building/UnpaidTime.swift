/// How much time block production may spend on transactions that end up in no block, and therefore pay nothing.
///
/// A bucket that fills with the passing of time: a fixed share of all time, however many accounts and blocks it is
/// divided among. What one attempt takes beyond what is in the bucket is a debt, which has to be waited off.
package struct UnpaidTime {
  /// Nanoseconds that can be saved up: the share of one block.
  private let capacity: Int64
  /// Nanoseconds of time in which it fills.
  private let period: Int64
  private var balance: Int64
  /// When it was last filled.
  private var last: UInt64

  /// - Parameters:
  ///   - capacity: nanoseconds a block.
  ///   - period: nanoseconds of a block.
  ///   - now: on the monotonic clock.
  package init(capacity: UInt64, period: UInt64, now: UInt64) {
    self.capacity = Int64(clamping: max(1, capacity))
    self.period = Int64(clamping: max(1, period))
    balance = self.capacity
    last = now
  }

  /// Below this an attempt would only be cut off.
  private var least: Int64 { capacity / 10 }

  private mutating func fill(_ now: UInt64) {
    let passed = now > last ? min(Int64(clamping: now - last), 1_000 * period) : 0
    let (gain, overflow) = passed.multipliedReportingOverflow(by: capacity)
    balance = overflow ? capacity : min(capacity, balance + gain / period)
    last = now
  }

  package mutating func spend(_ nanoseconds: UInt64) { balance -= Int64(clamping: min(nanoseconds, 1 << 40)) }

  /// Nanoseconds that the next attempt may take; `nil` where too little is left for one.
  package mutating func slice(at now: UInt64) -> UInt64? {
    fill(now)
    return balance > least ? UInt64(balance) : nil
  }

  /// When there will be enough for an attempt, on the monotonic clock.
  package func refill(after now: UInt64) -> UInt64 {
    guard balance <= least else { return now }
    return now + UInt64((least - balance + 1) * period / capacity + 1)
  }
}
