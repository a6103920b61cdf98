import Synchronization

/// A number that goes up and down.
public final class Gauge: Sendable {
  private let number = Atomic<UInt64>(0)

  public init() {}

  public func set(_ value: Double) { number.store(value.bitPattern, ordering: .relaxed) }

  public func set(_ value: some BinaryInteger) { set(Double(value)) }

  public var value: Double { Double(bitPattern: number.load(ordering: .relaxed)) }
}
