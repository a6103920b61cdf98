import Concurrency
import Synchronization

/// How often values fell below each of some bounds, with their sum: for times in seconds, and for sizes.
public final class Histogram: Sendable {
  /// Upper bounds of the buckets, ascending; one more bucket takes what is above the last.
  public let bounds: [Double]
  private let buckets: AtomicRow
  private let total = Atomic<UInt64>(0)

  public init(bounds: [Double]) {
    self.bounds = bounds
    buckets = AtomicRow(count: bounds.count + 1)
  }

  public func observe(_ value: Double) {
    buckets.increment(index(of: value))
    var old = total.load(ordering: .relaxed)
    while true {
      let new = (Double(bitPattern: old) + value).bitPattern
      let (exchanged, original) = total.compareExchange(expected: old, desired: new, ordering: .relaxed)
      if exchanged { return }
      old = original
    }
  }

  /// Observes a time in seconds.
  public func observe(_ time: Duration) {
    let (seconds, attoseconds) = time.components
    observe(Double(seconds) + Double(attoseconds) * 1e-18)
  }

  /// Observes a time in nanoseconds.
  public func observe(nanoseconds: UInt64) { observe(Double(nanoseconds) * 1e-9) }

  /// Observes how long `body` takes.
  public func time<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    let start = MonotonicClock.nanoseconds
    defer { observe(nanoseconds: MonotonicClock.nanoseconds &- start) }
    return try body()
  }

  /// The count of each bucket by itself, and the sum of all values.
  public var snapshot: (counts: [UInt64], sum: Double) {
    (buckets.values, Double(bitPattern: total.load(ordering: .relaxed)))
  }

  /// The first bucket whose bound is not below the value.
  private func index(of value: Double) -> Int {
    var low = 0
    var high = bounds.count
    while low < high {
      let middle = (low + high) / 2
      if bounds[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Bounds for times from 100 ns to 1 s.
  public static let fastBounds = exponentialBounds(from: 1e-7, factor: 2, through: 1)

  /// `start` · `factor`^k, as long as that is at most `end`.
  public static func exponentialBounds(from start: Double, factor: Double, through end: Double) -> [Double] {
    var bounds: [Double] = []
    var bound = start
    while bound <= end {
      bounds.append(bound)
      bound *= factor
    }
    return bounds
  }
}

/// A fixed number of counters side by side.
private final class AtomicRow: @unchecked Sendable {
  private let base: UnsafeMutablePointer<Atomic<UInt64>>
  private let count: Int

  init(count: Int) {
    self.count = count
    base = .allocate(capacity: count)
    for index in 0..<count { (base + index).initialize(to: Atomic(0)) }
  }

  deinit {
    base.deinitialize(count: count)
    base.deallocate()
  }

  func increment(_ index: Int) { base[index].add(1, ordering: .relaxed) }

  var values: [UInt64] { (0..<count).map { base[$0].load(ordering: .relaxed) } }
}
