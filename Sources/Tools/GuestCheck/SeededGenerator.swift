import Primitives

/// Deterministic random numbers (SplitMix64): a seed names a whole world.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// True once in `n` times.
  mutating func oneIn(_ n: Int) -> Bool { Int.random(in: 0..<n, using: &self) == 0 }

  mutating func upTo(_ n: Int) -> Int { Int.random(in: 0...n, using: &self) }

  mutating func pick<T>(_ items: [T]) -> T { items[Int.random(in: 0..<items.count, using: &self)] }

  mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

  mutating func bytes32() -> Bytes32 { Bytes32(w0: next(), w1: next(), w2: next(), w3: next()) }

  /// A word of one of the shapes that find bugs: small, a power of two and its neighbours, all ones, anything.
  mutating func word() -> UInt256 {
    switch upTo(5) {
    case 0: return .zero
    case 1: return UInt256(UInt64(upTo(300)))
    case 2: return (UInt256.one << UInt64(upTo(255))) &- UInt256(UInt64(upTo(1)))
    case 3: return .max &- UInt256(UInt64(upTo(2)))
    case 4: return UInt256(next())
    default: return UInt256(l0: next(), l1: next(), l2: next(), l3: next())
    }
  }
}
