import Primitives

/// The base field of BN254 (alt_bn128).
enum BN254Prime: Prime256 {
  /// p = 36x⁴ + 36x³ + 24x² + 6x + 1.
  static var modulus: UInt256 {
    UInt256(
      l0: 0x3c20_8c16_d87c_fd47, l1: 0x9781_6a91_6871_ca8d, l2: 0xb850_45b6_8181_585d, l3: 0x3064_4e72_e131_a029)
  }
  static var negatedInverse: UInt64 { 0x87d2_0782_e486_6389 }
  static var one: UInt256 {
    UInt256(
      l0: 0xd35d_438d_c58f_0d9d, l1: 0x0a78_eb28_f5c7_0b3d, l2: 0x666e_a36f_7879_462c, l3: 0x0e0a_77c1_9a07_df2f)
  }
  static var rSquared: UInt256 {
    UInt256(
      l0: 0xf32c_fc5b_538a_fa89, l1: 0xb5e7_1911_d445_01fb, l2: 0x47ab_1eff_0a41_7ff6, l3: 0x06d8_9f71_cab8_351f)
  }
}

typealias BN254Fp = Montgomery256<BN254Prime>

extension Montgomery256<BN254Prime>: TowerBase {
  /// ξ = 9 + u.
  @inline(__always)
  static func timesXi(_ a: Fp2<Self>) -> Fp2<Self> {
    let nine = Fp2(a.c0.doubled.doubled.doubled + a.c0, a.c1.doubled.doubled.doubled + a.c1)
    return Fp2(nine.c0 - a.c1, nine.c1 + a.c0)
  }

  static let frobenius = FrobeniusCoefficients(
    xi: BN254.xi,
    exponent: {
      let sixth = (BN254Prime.modulus - 1) / 6
      return [sixth.l0, sixth.l1, sixth.l2, sixth.l3]
    }())

  @inline(__always)
  var halved: Self {
    // Where the form is odd, p makes it even; the sum stays below 2^255.
    let mask = 0 &- (form.l0 & 1), p = BN254Prime.modulus
    return Self(
      form: (form &+ UInt256(l0: p.l0 & mask, l1: p.l1 & mask, l2: p.l2 & mask, l3: p.l3 & mask)) >> 1)
  }
}

extension BN254 {
  /// The parameter of the family: p, r and the loop count are polynomials in it.
  static let parameter: UInt64 = 4_965_661_367_192_848_881

  static let xi = Fp2<BN254Fp>(BN254Fp(reducing: 9), .one)

  /// y² = x³ + 3 over Fp; every point has order r.
  enum G1: ShortWeierstrassCurve {
    typealias Coordinate = BN254Fp
    static let b = BN254Fp(reducing: 3)
  }

  /// y² = x³ + 3/ξ over Fp2; the points of order r are a subgroup.
  enum G2: ShortWeierstrassCurve {
    typealias Coordinate = Fp2<BN254Fp>
    static let b = xi.inverse.scaled(by: BN254Fp(reducing: 3))
  }

  /// What raising to the power p becomes on the twist.
  static func frobenius(_ q: AffinePoint<G2>) -> AffinePoint<G2> {
    AffinePoint(x: q.x.conjugate * BN254Fp.frobenius.g2, y: q.y.conjugate * BN254Fp.frobenius.g3)
  }

  private static func frobenius(_ q: JacobianPoint<G2>) -> JacobianPoint<G2> {
    JacobianPoint(
      x: q.x.conjugate * BN254Fp.frobenius.g2, y: q.y.conjugate * BN254Fp.frobenius.g3, z: q.z.conjugate)
  }

  /// Whether r·q is infinity, by (x+1)q + ψ(xq) + ψ²(xq) = ψ³(2xq) for the Frobenius map ψ (Dai, Lin, Zhao, Zhou,
  /// eprint 2022/348): a quarter of the doublings.
  static func isInSubgroup(_ q: AffinePoint<G2>) -> Bool {
    let q = JacobianPoint(q)
    let xq = q.multiplied(by: UInt256(parameter))
    let psi = frobenius(xq), psi2 = frobenius(psi)
    return xq + q + psi + psi2 == frobenius(psi2).doubled
  }
}

extension BN254: PairingCurve {
  typealias Base = BN254Fp

  static var isTwistDivided: Bool { true }

  /// 6x + 2.
  static let loop = nonAdjacentForm(UInt128(parameter) * 6 + 2)

  /// The optimal ate pairing adds π(Q) and −π²(Q) (Vercauteren, eprint 2008/096).
  static func finishLoop(_ f: inout Fp12<BN254Fp>, _ pairs: inout [MillerPair<BN254>]) {
    for index in pairs.indices {
      let q1 = frobenius(pairs[index].q)
      pairs[index].add(q1, &f)
      pairs[index].add(-frobenius(q1), &f)
    }
  }

  /// The hard part as λ₀ + λ₁p + λ₂p² + λ₃p³ with λ₀ = 1 + 6x + 12x² + 12x³, λ₁ = 4x + 6x² + 12x³,
  /// λ₂ = 6x + 6x² + 12x³ and λ₃ = λ₁ − 1 (Fuentes-Castañeda, Knapp, Rodríguez-Henríquez, SAC 2011).
  static func finalExponentiation(_ f: Fp12<BN254Fp>) -> Fp12<BN254Fp> {
    let m = f.easyPart
    let x2 = m.cyclotomicPower(parameter).cyclotomicSquared
    let x6 = x2.cyclotomicSquared * x2
    let x6Squared = x6.cyclotomicPower(parameter)
    let x12Cubed = x6Squared.cyclotomicSquared.cyclotomicPower(parameter)
    let lambda2 = x12Cubed * x6Squared * x6
    let lambda1 = lambda2 * x2.conjugate
    let lambda0 = lambda2 * x6Squared * m
    let lambda3 = lambda1 * m.conjugate
    return lambda0 * lambda1.frobenius * lambda2.frobenius.frobenius * lambda3.frobenius.frobenius.frobenius
  }
}

/// The digits −1, 0 and 1 of the shortest signed binary form, highest first.
func nonAdjacentForm(_ number: UInt128) -> [Int8] {
  var digits: [Int8] = []
  var rest = number
  while rest != 0 {
    var digit: Int8 = 0
    if rest & 1 == 1 {
      digit = rest & 3 == 3 ? -1 : 1
      rest = digit == 1 ? rest - 1 : rest + 1
    }
    digits.append(digit)
    rest >>= 1
  }
  return digits.reversed()
}
