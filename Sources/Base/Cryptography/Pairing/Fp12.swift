/// Fp6[w] with w² = v: the number c0 + c1·w. Pairings have their values here.
struct Fp12<Base: TowerBase>: Field {
  var c0: Fp6<Base>
  var c1: Fp6<Base>

  @inline(__always)
  init(_ c0: Fp6<Base>, _ c1: Fp6<Base>) { (self.c0, self.c1) = (c0, c1) }

  static var zero: Self { Self(.zero, .zero) }
  static var one: Self { Self(.one, .zero) }

  var isZero: Bool { c0.isZero && c1.isZero }

  static func + (a: Self, b: Self) -> Self { Self(a.c0 + b.c0, a.c1 + b.c1) }
  static func - (a: Self, b: Self) -> Self { Self(a.c0 - b.c0, a.c1 - b.c1) }
  static prefix func - (a: Self) -> Self { Self(-a.c0, -a.c1) }

  static func * (a: Self, b: Self) -> Self {
    let low = a.c0 * b.c0, high = a.c1 * b.c1
    return Self(low + high.timesV, (a.c0 + a.c1) * (b.c0 + b.c1) - low - high)
  }

  var squared: Self {
    let product = c0 * c1
    let sum = (c0 + c1) * (c0 + c1.timesV)
    return Self(sum - product - product.timesV, product + product)
  }

  /// c0 − c1·w, which is self to the power p⁶, and the inverse where the norm is one.
  var conjugate: Self { Self(c0, -c1) }

  var inverse: Self {
    let norm = (c0.squared - c1.squared.timesV).inverse
    return Self(c0 * norm, -(c1 * norm))
  }

  /// self to the power p.
  var frobenius: Self {
    let g = Base.frobenius
    return Self(
      Fp6(c0.c0.conjugate, c0.c1.conjugate * g.g2, c0.c2.conjugate * g.g4),
      Fp6(c1.c0.conjugate * g.g1, c1.c1.conjugate * g.g3, c1.c2.conjugate * g.g5))
  }

  /// The square of an element whose order divides p⁴ − p² + 1, as all are after the easy part of the final
  /// exponentiation: nine squarings in Fp2 (Granger and Scott, eprint 2009/565).
  @inline(never)
  var cyclotomicSquared: Self {
    // The element is three pairs (a, b) of Fp4 = Fp2[s], s² = ξ, whose squares are recombined.
    let (r0, r1) = Self.squareFp4(c0.c0, c1.c1)
    let (r2, r3) = Self.squareFp4(c1.c0, c0.c2)
    let (r4, r5) = Self.squareFp4(c0.c1, c1.c2)
    let top = r5.timesXi
    return Self(
      Fp6(Self.minus(r0, c0.c0), Self.minus(r2, c0.c1), Self.minus(r4, c0.c2)),
      Fp6(Self.plus(top, c1.c0), Self.plus(r1, c1.c1), Self.plus(r3, c1.c2)))
  }

  /// (a + b·s)²: three squarings.
  @inline(__always)
  private static func squareFp4(_ a: Fp2<Base>, _ b: Fp2<Base>) -> (Fp2<Base>, Fp2<Base>) {
    let square = a.squared, other = b.squared
    return (square + other.timesXi, (a + b).squared - square - other)
  }

  /// 3x − 2y.
  @inline(__always)
  private static func minus(_ x: Fp2<Base>, _ y: Fp2<Base>) -> Fp2<Base> { (x - y).doubled + x }

  /// 3x + 2y.
  @inline(__always)
  private static func plus(_ x: Fp2<Base>, _ y: Fp2<Base>) -> Fp2<Base> { (x + y).doubled + x }

  /// self to a power, for elements as `cyclotomicSquared` takes.
  func cyclotomicPower(_ exponent: UInt64) -> Self {
    var result = self
    var bit = 62 - exponent.leadingZeroBitCount
    while bit >= 0 {
      result = result.cyclotomicSquared
      if exponent &>> UInt64(bit) & 1 == 1 { result = result * self }
      bit -= 1
    }
    return result
  }

  /// The easy part of the final exponentiation, (p⁶ − 1)(p² + 1).
  var easyPart: Self {
    let first = conjugate * inverse
    return first.frobenius.frobenius * first
  }
}
