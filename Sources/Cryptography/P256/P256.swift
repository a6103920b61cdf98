import Primitives

/// ECDSA verification on P-256 (secp256r1; FIPS 186-4, SEC 2): the precompile at 0x100 (RIP-7212, EIP-7951).
public enum P256 {
  /// Whether (r, s) signs `hash` under the public key (x, y). `false` for r or s outside 1 ..< n, coordinates that are not
  /// below p, and a point off the curve, as for a wrong signature. Both values of s are accepted.
  public static func verify(hash: Bytes32, r: UInt256, s: UInt256, x: UInt256, y: UInt256) -> Bool {
    guard !r.isZero, r < P256Order.modulus, !s.isZero, s < P256Order.modulus,
      let x = Montgomery256<P256Prime>(x), let y = Montgomery256<P256Prime>(y)
    else { return false }
    let key = AffinePoint<P256Curve>(x: x, y: y)
    guard key.isOnCurve else { return false }
    let w = Montgomery256<P256Order>(reducing: s).inverse
    let u = Montgomery256<P256Order>(reducing: UInt256(hash)) * w
    let v = Montgomery256<P256Order>(reducing: r) * w
    let sum = JacobianPoint.sum([(u.number, JacobianPoint(P256Curve.generator)), (v.number, JacobianPoint(key))])
    guard let point = sum.affine else { return false }
    return Montgomery256<P256Order>(reducing: point.x.number).number == r
  }
}

/// p = 2^256 − 2^224 + 2^192 + 2^96 − 1.
enum P256Prime: Prime256 {
  static var modulus: UInt256 {
    UInt256(l0: 0xffff_ffff_ffff_ffff, l1: 0x0000_0000_ffff_ffff, l2: 0, l3: 0xffff_ffff_0000_0001)
  }
  static var negatedInverse: UInt64 { 1 }
  static var one: UInt256 {
    UInt256(l0: 1, l1: 0xffff_ffff_0000_0000, l2: 0xffff_ffff_ffff_ffff, l3: 0x0000_0000_ffff_fffe)
  }
  static var rSquared: UInt256 {
    UInt256(l0: 3, l1: 0xffff_fffb_ffff_ffff, l2: 0xffff_ffff_ffff_fffe, l3: 0x0000_0004_ffff_fffd)
  }
  static var hasSpareBit: Bool { false }
}

/// n, the number of points.
enum P256Order: Prime256 {
  static var modulus: UInt256 {
    UInt256(l0: 0xf3b9_cac2_fc63_2551, l1: 0xbce6_faad_a717_9e84, l2: .max, l3: 0xffff_ffff_0000_0000)
  }
  static var negatedInverse: UInt64 { 0xccd1_c8aa_ee00_bc4f }
  static var one: UInt256 { UInt256(l0: 0x0c46_353d_039c_daaf, l1: 0x4319_0552_58e8_617b, l2: 0, l3: 0xffff_ffff) }
  static var rSquared: UInt256 {
    UInt256(
      l0: 0x8324_4c95_be79_eea2, l1: 0x4699_799c_49bd_6fa6, l2: 0x2845_b239_2b6b_ec59, l3: 0x66e1_2d94_f3d9_5620)
  }
  static var hasSpareBit: Bool { false }
}

enum P256Curve: ShortWeierstrassCurve {
  typealias Coordinate = Montgomery256<P256Prime>

  static var hasMinusThree: Bool { true }
  static let b = Coordinate(
    reducing: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b)
  static let generator = AffinePoint<P256Curve>(
    x: Coordinate(reducing: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296),
    y: Coordinate(reducing: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5))
}
