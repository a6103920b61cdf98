/// Arithmetic modulo p = 2³¹ − 1 on words of any value, as the recursion machine has it: results are canonical, below p.
/// Source: zksync-airbender `field/src/base.rs`.
enum Mersenne31 {
  static let modulus: UInt32 = 0x7FFF_FFFF

  @inline(__always)
  static func add(_ a: UInt32, _ b: UInt32) -> UInt32 { canonical(UInt64(a) &+ UInt64(b)) }

  /// Three times p is the first multiple that is at least as large as every word.
  @inline(__always)
  static func subtract(_ a: UInt32, _ b: UInt32) -> UInt32 {
    canonical(UInt64(a) &+ 3 &* UInt64(modulus) &- UInt64(b))
  }

  @inline(__always)
  static func multiply(_ a: UInt32, _ b: UInt32) -> UInt32 { canonical(fold(UInt64(a) &* UInt64(b))) }

  /// 2³¹ is 1 here, so the bits above can be added to those below.
  @inline(__always)
  private static func fold(_ value: UInt64) -> UInt64 { (value & UInt64(modulus)) &+ (value &>> 31) }

  /// The canonical form of a value below 2³⁵ or so: one fold leaves less than 2p.
  @inline(__always)
  private static func canonical(_ value: UInt64) -> UInt32 {
    let folded = UInt32(truncatingIfNeeded: fold(value))
    return folded >= modulus ? folded &- modulus : folded
  }
}
