/// A keyed mix of a few words for hash tables.
///
/// Storage keys and addresses can be chosen by an attacker, so the mix is seeded once per process; SipHash would be
/// safer still but costs four times a table look-up.
public enum SeededHash {
  /// Two odd words that differ from process to process.
  @usableFromInline
  static let seeds: (UInt64, UInt64) = {
    var generator = SystemRandomNumberGenerator()
    return (generator.next() | 1, generator.next() | 1)
  }()

  /// Folds a 128-bit product, which makes every bit of both factors count.
  @inlinable @inline(__always)
  static func fold(_ x: UInt64, _ y: UInt64) -> UInt64 {
    let product = UInt128(x) &* UInt128(y)
    return UInt64(truncatingIfNeeded: product) ^ UInt64(truncatingIfNeeded: product >> 64)
  }

  @inlinable @inline(__always)
  public static func mix(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64, seed: Int = 0) -> Int {
    let (s, t) = seeds
    let x = fold(a ^ s, b ^ t ^ UInt64(bitPattern: Int64(seed)))
    // The last fold is by an odd constant: `x` may be even, and would leave the low bits of its product to chance.
    return Int(truncatingIfNeeded: fold(fold(x ^ c ^ t, d ^ s), 0x9e37_79b9_7f4a_7c15))
  }
}
