/// Eight elements of the complex extension, computed with at once.
package struct ComplexLanes {
  package typealias Words = SIMD8<UInt32>

  package var re: Words
  package var im: Words

  @inline(__always)
  package init(re: Words, im: Words) {
    self.re = re
    self.im = im
  }

  /// One element eight times.
  @inline(__always)
  package init(repeating element: Mersenne31Complex) {
    self.init(re: Words(repeating: element.re), im: Words(repeating: element.im))
  }

  @inline(__always)
  package static func + (a: Self, b: Self) -> Self { Self(re: add(a.re, b.re), im: add(a.im, b.im)) }

  @inline(__always)
  package static func - (a: Self, b: Self) -> Self { Self(re: subtract(a.re, b.re), im: subtract(a.im, b.im)) }

  @inline(__always)
  package static func * (a: Self, b: Self) -> Self {
    Self(
      re: sumOfProducts(a.re, b.re, a.im, modulus &- b.im),
      im: sumOfProducts(a.re, b.im, a.im, b.re))
  }

  /// The product with the conjugate of `b`.
  @inline(__always)
  package func timesConjugate(_ b: Self) -> Self {
    Self(
      re: Self.sumOfProducts(re, b.re, im, b.im),
      im: Self.sumOfProducts(re, Self.modulus &- b.im, im, b.re))
  }

  private static var modulus: Words { Words(repeating: Mersenne31.modulus) }

  @inline(__always)
  private static func add(_ a: Words, _ b: Words) -> Words { canonical(a &+ b) }

  @inline(__always)
  private static func subtract(_ a: Words, _ b: Words) -> Words {
    let difference = a &- b
    return pointwiseMin(difference, difference &+ modulus)
  }

  /// What is below twice the modulus, below it.
  @inline(__always)
  private static func canonical(_ a: Words) -> Words { pointwiseMin(a, a &- modulus) }

  /// a · b + c · d. Factors may be equal to the modulus: each product stays below 2^62.
  @inline(__always)
  private static func sumOfProducts(_ a: Words, _ b: Words, _ c: Words, _ d: Words) -> Words {
    let even = fold(lower(a) &* lower(b) &+ lower(c) &* lower(d))
    let odd = fold(upper(a) &* upper(b) &+ upper(c) &* upper(d))
    return canonical(unsafeBitCast(even | odd &<< SIMD4(repeating: 32), to: Words.self))
  }

  /// The words of even index, each in a word twice as long.
  @inline(__always)
  private static func lower(_ a: Words) -> SIMD4<UInt64> {
    unsafeBitCast(a, to: SIMD4<UInt64>.self) & SIMD4(repeating: 0xffff_ffff)
  }

  /// The words of odd index.
  @inline(__always)
  private static func upper(_ a: Words) -> SIMD4<UInt64> {
    unsafeBitCast(a, to: SIMD4<UInt64>.self) &>> SIMD4(repeating: 32)
  }

  /// The same residue in 32 bits, from one in 63: 2^31 is 1.
  @inline(__always)
  private static func fold(_ a: SIMD4<UInt64>) -> SIMD4<UInt64> {
    let modulus = SIMD4(repeating: UInt64(Mersenne31.modulus)), shift = SIMD4<UInt64>(repeating: 31)
    let once = (a & modulus) &+ a &>> shift
    return (once & modulus) &+ once &>> shift
  }
}
