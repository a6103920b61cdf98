/// The number of a batch: 0 is the state that L1 is deployed with. A type of its own, so that it is not taken for the
/// number of a block.
public struct BatchNumber: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible,
  ExpressibleByIntegerLiteral
{
  public static let genesis: BatchNumber = 0

  public let rawValue: UInt64

  public init(rawValue: UInt64) { self.rawValue = rawValue }

  public init(_ number: UInt64) { self.init(rawValue: number) }

  public init(integerLiteral number: UInt64) { self.init(rawValue: number) }

  public var next: BatchNumber { BatchNumber(rawValue + 1) }

  public var description: String { "\(rawValue)" }

  public static func < (a: BatchNumber, b: BatchNumber) -> Bool { a.rawValue < b.rawValue }
}
