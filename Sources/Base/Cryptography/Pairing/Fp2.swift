/// A prime field over which the tower Fp2 ⊂ Fp6 ⊂ Fp12 of a pairing is built.
protocol TowerBase: Field {
  /// ξ · a, where ξ ∈ Fp2 has neither a square nor a cube root: the tower is made of v³ = ξ and w² = v.
  static func timesXi(_ a: Fp2<Self>) -> Fp2<Self>
  /// The powers 1 to 5 of ξ^((p−1)/6): what raising to the power p makes of w, w², … w⁵, apart from the powers of w.
  static var frobenius: FrobeniusCoefficients<Self> { get }
  /// self/2.
  var halved: Self { get }
}

/// Fp[u] with u² = −1: the number c0 + c1·u. Both curves have p ≡ 3 (mod 4), where −1 is no square.
struct Fp2<Base: TowerBase>: Field {
  var c0: Base
  var c1: Base

  @inline(__always)
  init(_ c0: Base, _ c1: Base) { (self.c0, self.c1) = (c0, c1) }

  @inline(__always)
  static var zero: Self { Self(.zero, .zero) }
  @inline(__always)
  static var one: Self { Self(.one, .zero) }

  @inline(__always)
  var isZero: Bool { c0.isZero && c1.isZero }

  @inline(__always)
  static func + (a: Self, b: Self) -> Self { Self(a.c0 + b.c0, a.c1 + b.c1) }

  @inline(__always)
  static func - (a: Self, b: Self) -> Self { Self(a.c0 - b.c0, a.c1 - b.c1) }

  @inline(__always)
  static prefix func - (a: Self) -> Self { Self(-a.c0, -a.c1) }

  /// Karatsuba's three products.
  @inline(never)
  static func * (a: Self, b: Self) -> Self {
    let low = a.c0 * b.c0, high = a.c1 * b.c1
    return Self(low - high, (a.c0 + a.c1) * (b.c0 + b.c1) - low - high)
  }

  /// (c0 + c1)(c0 − c1) + 2·c0·c1·u.
  @inline(never)
  private static func square(_ a: Self) -> Self {
    Self((a.c0 + a.c1) * (a.c0 - a.c1), (a.c0 * a.c1).doubled)
  }

  @inline(__always)
  var squared: Self { Self.square(self) }

  @inline(__always)
  func scaled(by factor: Base) -> Self { Self(c0 * factor, c1 * factor) }

  /// c0 − c1·u, which is self to the power p.
  @inline(__always)
  var conjugate: Self { Self(c0, -c1) }

  @inline(__always)
  var timesXi: Self { Base.timesXi(self) }

  @inline(__always)
  var halved: Self { Self(c0.halved, c1.halved) }

  var inverse: Self {
    let norm = (c0.squared + c1.squared).inverse
    return Self(c0 * norm, -(c1 * norm))
  }
}

/// γ, γ², … γ⁵ for γ = ξ^((p−1)/6).
struct FrobeniusCoefficients<Base: TowerBase>: Sendable {
  let g1, g2, g3, g4, g5: Fp2<Base>

  /// - Parameters:
  ///   - xi: ξ.
  ///   - exponent: (p − 1)/6, lowest word first.
  init(xi: Fp2<Base>, exponent: [UInt64]) {
    g1 = xi.power(exponent)
    g2 = g1.squared
    g3 = g2 * g1
    g4 = g2.squared
    g5 = g4 * g1
  }
}
