import Primitives

// From field elements to points of the subgroups (RFC 9380, sections 6.6.3 and 8.8): the simplified map of Shallue, van de
// Woestijne and Ulas to an isogenous curve, the isogeny, and the multiplication by a cofactor.

/// A field in which square roots are found, with the sign that RFC 9380, section 4.1, gives to elements.
protocol SignedField: Field {
  /// A square root, where there is one.
  var squareRoot: Self? { get }
  /// Whether the first coordinate that is not zero is odd.
  var isNegative: Bool { get }
}

extension BLS12381Fp: SignedField {
  var isNegative: Bool { isOdd }
}

extension Fp2<BLS12381Fp>: SignedField {
  var isNegative: Bool { c0.isZero ? c1.isOdd : c0.isOdd }
}

extension BLS12381 {
  /// The point of G1 that belongs to a field element.
  static func mapToG1(_ u: BLS12381Fp) -> JacobianPoint<G1> {
    let point = simplifiedMap(u, a: isogenousToG1.a, b: isogenousToG1.b, z: BLS12381Fp(11))
    let image: JacobianPoint<G1> = follow(isogenyToG1, point)
    // 1 − x.
    return image.multiplied(by: UInt256(negatedParameter) &+ .one)
  }

  /// The point of G2 that belongs to a field element.
  static func mapToG2(_ u: Fp2<BLS12381Fp>) -> JacobianPoint<G2> {
    let point = simplifiedMap(
      u, a: Fp2(.zero, BLS12381Fp(240)), b: Fp2(BLS12381Fp(1012), BLS12381Fp(1012)),
      z: Fp2(-BLS12381Fp(2), -BLS12381Fp(1)))
    let p: JacobianPoint<G2> = follow(isogenyToG2, point)
    // (x² − x − 1)·p + (x − 1)·ψ(p) + ψ²(2p), a multiple of the cofactor (Budroni, Pintore, eprint 2017/419).
    let xp = -p.multiplied(by: UInt256(negatedParameter))
    let x2p = -xp.multiplied(by: UInt256(negatedParameter))
    return x2p - xp - p + frobenius(xp) - frobenius(p) + frobenius(frobenius(p.doubled))
  }

  /// A point of y² = x³ + ax + b; `z` is a non-square for which the map is defined everywhere.
  private static func simplifiedMap<F: SignedField>(_ u: F, a: F, b: F, z: F) -> (x: F, y: F) {
    let zu2 = z * u.squared
    let denominator = zu2.squared + zu2
    let x1 =
      denominator.isZero ? b * (z * a).inverse : -b * a.inverse * (F.one + denominator.inverse)
    func right(_ x: F) -> F { (x.squared + a) * x + b }
    // Where the first candidate has no root, the second has.
    let x2 = zu2 * x1
    let (x, root) = right(x1).squareRoot.map { (x1, $0) } ?? (x2, right(x2).squareRoot ?? .zero)
    return (x, u.isNegative == root.isNegative ? root : -root)
  }

  private static func follow<Curve: ShortWeierstrassCurve>(
    _ isogeny: Isogeny<Curve.Coordinate>, _ point: (x: Curve.Coordinate, y: Curve.Coordinate)
  ) -> JacobianPoint<Curve> {
    func value(_ polynomial: [Curve.Coordinate]) -> Curve.Coordinate {
      polynomial.reversed().reduce(.zero) { $0 * point.x + $1 }
    }
    let xDenominator = value(isogeny.xDenominator), yDenominator = value(isogeny.yDenominator)
    if xDenominator.isZero || yDenominator.isZero { return .infinity }
    return JacobianPoint(
      AffinePoint(
        x: value(isogeny.xNumerator) * xDenominator.inverse,
        y: point.y * value(isogeny.yNumerator) * yDenominator.inverse))
  }
}
