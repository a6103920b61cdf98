/// A curve pair G1 ⊂ E(Fp), G2 ⊂ E′(Fp2) with a pairing, E′ being a sextic twist of E.
protocol PairingCurve {
  associatedtype Base: TowerBase
  associatedtype G1: ShortWeierstrassCurve where G1.Coordinate == Base
  associatedtype G2: ShortWeierstrassCurve where G2.Coordinate == Fp2<Base>

  /// Whether the twist divides b by ξ (y² = x³ + b/ξ), else it multiplies (y² = x³ + b·ξ).
  static var isTwistDivided: Bool { get }
  /// The digits −1, 0, 1 of the loop count, highest first.
  static var loop: [Int8] { get }
  /// What the optimal pairing multiplies after the loop, where anything.
  static func finishLoop(_ f: inout Fp12<Base>, _ pairs: inout [MillerPair<Self>])
  /// Raises to a power that is (p¹² − 1)/r times a number prime to r.
  static func finalExponentiation(_ f: Fp12<Base>) -> Fp12<Base>
}

/// A pair of points in the Miller loop: T runs through the multiples of Q, and every step leaves a line through T that is
/// evaluated at P.
struct MillerPair<Curve: PairingCurve>: Sendable {
  typealias F = Fp2<Curve.Base>

  let p: AffinePoint<Curve.G1>
  let q: AffinePoint<Curve.G2>
  /// T in homogeneous coordinates: x = X/Z, y = Y/Z.
  private var x: F
  private var y: F
  private var z: F

  init(_ p: AffinePoint<Curve.G1>, _ q: AffinePoint<Curve.G2>) {
    (self.p, self.q) = (p, q)
    (x, y, z) = (q.x, q.y, .one)
  }

  /// Doubles T and multiplies f by the tangent at the old T (Costello, Lange, Naehrig, eprint 2009/615).
  @inline(never)
  mutating func double(_ f: inout Fp12<Curve.Base>) {
    let a = (x * y).halved, b = y.squared, c = z.squared
    let e = Curve.G2.b * (c.doubled + c)
    let e3 = e.doubled + e
    let g = (b + e3).halved
    let h = (y + z).squared - b - c
    let j = x.squared, e2 = e.squared
    x = a * (b - e3)
    y = g.squared - (e2.doubled + e2)
    z = b * h
    multiply(&f, constant: b - e, atX: -(j.doubled + j), atY: h)
  }

  /// Adds R to T and multiplies f by the line through both.
  @inline(never)
  mutating func add(_ r: AffinePoint<Curve.G2>, _ f: inout Fp12<Curve.Base>) {
    let theta = y - r.y * z, mu = x - r.x * z
    let c = theta.squared, d = mu.squared
    let e = mu * d, g = x * d
    let h = e + z * c - g.doubled
    x = mu * h
    y = theta * (g - h) - e * y
    z = z * e
    multiply(&f, constant: theta * r.x - mu * r.y, atX: -theta, atY: mu)
  }

  /// Multiplies f by constant + atX·P.x + atY·P.y, each at the power of w that the twist puts it: six of the twelve
  /// coordinates of that factor are zero.
  @inline(__always)
  private func multiply(_ f: inout Fp12<Curve.Base>, constant: F, atX: F, atY: F) {
    let lx = atX.scaled(by: p.x), ly = atY.scaled(by: p.y)
    if Curve.isTwistDivided {
      // ly + lx·w + constant·w³
      let low = f.c0.scaled(by: ly), high = f.c1.times(lx, constant)
      let cross = (f.c0 + f.c1).times(ly + lx, constant)
      f = Fp12(low + high.timesV, cross - low - high)
    } else {
      // constant + lx·w² + ly·w³
      let low = f.c0.times(constant, lx), high = f.c1.scaled(by: ly).timesV
      let cross = (f.c0 + f.c1).times(constant, lx + ly)
      f = Fp12(low + high.timesV, cross - low - high)
    }
  }
}

extension PairingCurve {
  /// Whether Π e(P, Q) = 1. Pairs with infinity contribute 1 and are to be left out.
  static func pairingIsOne(_ pairs: [(AffinePoint<G1>, AffinePoint<G2>)]) -> Bool {
    finalExponentiation(millerLoop(pairs)) == .one
  }

  /// The product of the Miller functions, all pairs sharing the squarings.
  static func millerLoop(_ pairs: [(AffinePoint<G1>, AffinePoint<G2>)]) -> Fp12<Base> {
    var pairs = pairs.map { MillerPair<Self>($0.0, $0.1) }
    var f = Fp12<Base>.one
    for digit in loop.dropFirst() {
      f = f.squared
      for index in pairs.indices {
        pairs[index].double(&f)
        let q = pairs[index].q
        if digit == 1 { pairs[index].add(q, &f) }
        if digit == -1 { pairs[index].add(-q, &f) }
      }
    }
    finishLoop(&f, &pairs)
    return f
  }
}
