/// The field of integers modulo 2^31 - 1, in which Airbender proves. Elements are 32-bit words below the modulus.
package enum Mersenne31 {
  package static let modulus: UInt32 = 0x7fff_ffff

  /// The residue of any number.
  static func reduce(_ number: UInt64) -> UInt32 { UInt32(number % UInt64(modulus)) }

  package static func add(_ a: UInt32, _ b: UInt32) -> UInt32 {
    let sum = a &+ b
    return min(sum, sum &- modulus)
  }

  static func subtract(_ a: UInt32, _ b: UInt32) -> UInt32 {
    let difference = a &- b
    return min(difference, difference &+ modulus)
  }

  package static func negate(_ a: UInt32) -> UInt32 { subtract(0, a) }

  package static func multiply(_ a: UInt32, _ b: UInt32) -> UInt32 { reduce(UInt64(a) &* UInt64(b)) }

  /// The inverse of a power of two, 2^`exponent`: 2 has the order 31.
  package static func inverse(ofPowerOfTwo exponent: Int) -> UInt32 { 1 << UInt32((31 - exponent % 31) % 31) }
}

/// An element of the complex extension, whose square root of -1 is i.
///
/// The elements of norm 1 are a cyclic group of 2^31: the points at which columns are interpolated and extended.
package struct Mersenne31Complex: Equatable {
  package var re: UInt32
  package var im: UInt32

  package init(re: UInt32, im: UInt32) {
    self.re = re
    self.im = im
  }

  package static let one = Mersenne31Complex(re: 1, im: 0)

  /// A generator of the group of norm 1.
  ///
  /// Which one is a choice: zksync-airbender, `field/src/complex.rs`, `two_adic_generator`.
  package static let generator = Mersenne31Complex(re: 311_014_874, im: 1_584_694_829)

  /// A generator of the subgroup of 2^`bits` elements.
  package static func generator(bits: Int) -> Mersenne31Complex {
    (bits..<31).reduce(into: generator) { result, _ in result = result * result }
  }

  package static func * (a: Self, b: Self) -> Self {
    Self(
      re: Mersenne31.subtract(Mersenne31.multiply(a.re, b.re), Mersenne31.multiply(a.im, b.im)),
      im: Mersenne31.add(Mersenne31.multiply(a.re, b.im), Mersenne31.multiply(a.im, b.re)))
  }

  /// The inverse of an element of norm 1.
  package var conjugate: Self { Self(re: re, im: Mersenne31.negate(im)) }

  package func power(_ exponent: Int) -> Self {
    var result = Self.one, square = self, left = exponent
    while left > 0 {
      if left & 1 == 1 { result = result * square }
      square = square * square
      left >>= 1
    }
    return result
  }
}
