import Primitives

/// The curve BLS12-381: compressed points, their sums and multiples, and the pairing, as KZG commitments need them; and the
/// operations of the precompiles of EIP-2537.
public enum BLS12381 {
  /// r, the order of the groups: scalars are below it.
  public static var order: UInt256 {
    UInt256(
      l0: 0xffff_ffff_0000_0001, l1: 0x53bd_a402_fffe_5bfe, l2: 0x3339_d808_09a1_d805, l3: 0x73ed_a753_299d_7d48)
  }

  /// Whether the product of the pairings e(Pᵢ, Qᵢ) is one. Pairs with infinity contribute one, and so does no pair.
  public static func pairingCheck(_ pairs: [(G1Point, G2Point)]) -> Bool {
    let finite = pairs.compactMap { pair -> (AffinePoint<G1>, AffinePoint<G2>)? in
      guard let p = pair.0.point.affine, let q = pair.1.point.affine else { return nil }
      return (p, q)
    }
    return finite.isEmpty || pairingIsOne(finite)
  }
}

extension BLS12381: PairingCurve {
  typealias Base = BLS12381Fp

  /// −x for the parameter x of the family, which is negative.
  static let negatedParameter: UInt64 = 0xd201_0000_0001_0000

  /// y² = x³ + 4 over Fp.
  enum G1: ShortWeierstrassCurve {
    typealias Coordinate = BLS12381Fp
    static let b = BLS12381Fp(4)
  }

  /// y² = x³ + 4(1 + u) over Fp2.
  enum G2: ShortWeierstrassCurve {
    typealias Coordinate = Fp2<BLS12381Fp>
    static let b = Fp2(BLS12381Fp(4), BLS12381Fp(4))
  }

  static var isTwistDivided: Bool { false }

  /// |x|.
  static let loop = nonAdjacentForm(UInt128(negatedParameter))

  /// x is negative: the function for |x| is inverted, which conjugation does up to the final exponentiation.
  static func finishLoop(_ f: inout Fp12<BLS12381Fp>, _ pairs: inout [MillerPair<BLS12381>]) { f = f.conjugate }

  /// Three times the hard part, as (x − 1)²(x + p)(x² + p² − 1) + 3 (Hayashida, Hayasaka, Teruya, eprint 2020/875).
  static func finalExponentiation(_ f: Fp12<BLS12381Fp>) -> Fp12<BLS12381Fp> {
    func toX(_ m: Fp12<BLS12381Fp>) -> Fp12<BLS12381Fp> { m.cyclotomicPower(negatedParameter).conjugate }
    let m = f.easyPart
    let a = toX(m) * m.conjugate
    let b = toX(a) * a.conjugate
    let c = toX(b) * b.frobenius
    let d = toX(toX(c)) * c.frobenius.frobenius * c.conjugate
    return d * m.cyclotomicSquared * m
  }

  /// Whether r·p is infinity, by φ(p) = −x²·p for the endomorphism φ(x, y) = (βx, y) (Scott, eprint 2021/1130).
  static func isInSubgroup(_ p: AffinePoint<G1>) -> Bool {
    let image = JacobianPoint<G1>(AffinePoint(x: p.x * beta, y: p.y))
    let x = UInt256(negatedParameter)
    return image == -JacobianPoint(p).multiplied(by: x &* x)
  }

  /// Whether r·q is infinity, by ψ(q) = x·q for the Frobenius map ψ of the twist (the same).
  static func isInSubgroup(_ q: AffinePoint<G2>) -> Bool {
    frobenius(JacobianPoint(q)) == -JacobianPoint(q).multiplied(by: UInt256(negatedParameter))
  }

  /// ψ, the Frobenius map of the twist.
  static func frobenius(_ q: JacobianPoint<G2>) -> JacobianPoint<G2> {
    JacobianPoint(
      x: q.x.conjugate * inverseFrobenius.x, y: q.y.conjugate * inverseFrobenius.y, z: q.z.conjugate)
  }

  /// The cube root of one, 2^((p − 1)/3), whose φ multiplies by −x².
  private static let beta = BLS12381Fp(2).power(BLS12381Fp.sixth).squared

  private static let inverseFrobenius: (x: Fp2<BLS12381Fp>, y: Fp2<BLS12381Fp>) =
    (BLS12381Fp.frobenius.g2.inverse, BLS12381Fp.frobenius.g3.inverse)
}
