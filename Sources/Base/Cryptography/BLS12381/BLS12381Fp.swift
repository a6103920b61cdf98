import Primitives

/// The base field of BLS12-381: an element is kept as x·R mod p for R = 2^384 (Montgomery form), always below p; limbs are
/// lowest first.
///
/// p = (x − 1)²(x⁴ − x² + 1)/3 + x has 381 bits, so that sums of two elements, and a row of the multiplication, fit six
/// limbs.
struct BLS12381Fp: TowerBase {
  var l0, l1, l2, l3, l4, l5: UInt64

  @inline(__always)
  init(_ l0: UInt64, _ l1: UInt64, _ l2: UInt64, _ l3: UInt64, _ l4: UInt64, _ l5: UInt64) {
    (self.l0, self.l1, self.l2, self.l3, self.l4, self.l5) = (l0, l1, l2, l3, l4, l5)
  }

  @inline(__always)
  private static var modulus: Self {
    Self(
      0xb9fe_ffff_ffff_aaab, 0x1eab_fffe_b153_ffff, 0x6730_d2a0_f6b0_f624, 0x6477_4b84_f385_12bf,
      0x4b1b_a7b6_434b_acd7, 0x1a01_11ea_397f_e69a)
  }
  /// −p⁻¹ mod 2^64.
  @inline(__always)
  private static var negatedInverse: UInt64 { 0x89f3_fffc_fffc_fffd }
  /// R² mod p.
  private static var rSquared: Self {
    Self(
      0xf4df_1f34_1c34_1746, 0x0a76_e6a6_09d1_04f1, 0x8de5_476c_4c95_b6d5, 0x67eb_88a9_939d_83c0,
      0x9a79_3e85_b519_952d, 0x1198_8fe5_92ca_e3aa)
  }

  @inline(__always)
  static var zero: Self { Self(0, 0, 0, 0, 0, 0) }
  /// R mod p.
  @inline(__always)
  static var one: Self {
    Self(
      0x7609_0000_0002_fffd, 0xebf4_000b_c40c_0002, 0x5f48_9857_53c7_58ba, 0x77ce_5853_7052_5745,
      0x5c07_1a97_a256_ec6d, 0x15f6_5ec3_fa80_e493)
  }

  init(_ small: UInt64) { self = Self(small, 0, 0, 0, 0, 0) * Self.rSquared }

  /// 48 bytes, most significant first; `nil` where the number is not below p.
  init?(bigEndian bytes: UnsafeRawPointer) {
    func limb(_ offset: Int) -> UInt64 {
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    let number = Self(limb(40), limb(32), limb(24), limb(16), limb(8), limb(0))
    guard number.minus(Self.modulus).borrow != 0 else { return nil }
    self = number * Self.rSquared
  }

  /// The number as 48 bytes, most significant first.
  var bytes: [UInt8] {
    let n = number
    return [n.l5, n.l4, n.l3, n.l2, n.l1, n.l0].flatMap { limb in
      (0..<8).map { UInt8(truncatingIfNeeded: limb &>> UInt64(56 - 8 * $0)) }
    }
  }

  /// The number, below p.
  private var number: Self { self * Self(1, 0, 0, 0, 0, 0) }

  /// Whether the number is odd.
  var isOdd: Bool { number.l0 & 1 == 1 }

  /// Whether the number is above (p − 1)/2: the "larger" of the two square roots of a compressed point.
  var isLarger: Bool {
    let n = number
    // 2n > p exactly where 2n − p does not borrow: p is odd.
    return n.plus(n).minus(Self.modulus).borrow == 0
  }

  @inline(__always)
  var isZero: Bool { (l0 | l1 | l2 | l3 | l4 | l5) == 0 }

  @inline(__always)
  private func plus(_ b: Self) -> Self {
    let s0 = addWithCarry(l0, b.l0, 0)
    let s1 = addWithCarry(l1, b.l1, s0.carry)
    let s2 = addWithCarry(l2, b.l2, s1.carry)
    let s3 = addWithCarry(l3, b.l3, s2.carry)
    let s4 = addWithCarry(l4, b.l4, s3.carry)
    return Self(s0.sum, s1.sum, s2.sum, s3.sum, s4.sum, l5 &+ b.l5 &+ s4.carry)
  }

  @inline(__always)
  private func minus(_ b: Self) -> (difference: Self, borrow: UInt64) {
    let d0 = subtractWithBorrow(l0, b.l0, 0)
    let d1 = subtractWithBorrow(l1, b.l1, d0.borrow)
    let d2 = subtractWithBorrow(l2, b.l2, d1.borrow)
    let d3 = subtractWithBorrow(l3, b.l3, d2.borrow)
    let d4 = subtractWithBorrow(l4, b.l4, d3.borrow)
    let d5 = subtractWithBorrow(l5, b.l5, d4.borrow)
    return (
      Self(d0.difference, d1.difference, d2.difference, d3.difference, d4.difference, d5.difference), d5.borrow
    )
  }

  @inline(__always)
  private func masked(_ mask: UInt64) -> Self {
    Self(l0 & mask, l1 & mask, l2 & mask, l3 & mask, l4 & mask, l5 & mask)
  }

  /// self modulo p, for numbers below 2p.
  @inline(__always)
  private var reduced: Self {
    let (difference, borrow) = minus(Self.modulus)
    return difference.plus(Self.modulus.masked(0 &- borrow))
  }

  @inline(__always)
  static func + (a: Self, b: Self) -> Self { a.plus(b).reduced }

  @inline(__always)
  static func - (a: Self, b: Self) -> Self {
    let (difference, borrow) = a.minus(b)
    return difference.plus(modulus.masked(0 &- borrow))
  }

  @inline(__always)
  static prefix func - (a: Self) -> Self { zero - a }

  /// Montgomery's product a·b/R; see `Montgomery256`.
  @inline(never)
  static func * (a: Self, b: Self) -> Self {
    var t = Self.zero
    t.row(a, b.l0)
    t.row(a, b.l1)
    t.row(a, b.l2)
    t.row(a, b.l3)
    t.row(a, b.l4)
    t.row(a, b.l5)
    return t.reduced
  }

  @inline(__always)
  private mutating func row(_ a: Self, _ b: UInt64) {
    let p = Self.modulus
    let x0 = multiplyAdd(l0, a.l0, b, 0)
    let m = x0.low &* Self.negatedInverse
    let y0 = multiplyAdd(x0.low, m, p.l0, 0)
    let x1 = multiplyAdd(l1, a.l1, b, x0.high)
    let y1 = multiplyAdd(x1.low, m, p.l1, y0.high)
    let x2 = multiplyAdd(l2, a.l2, b, x1.high)
    let y2 = multiplyAdd(x2.low, m, p.l2, y1.high)
    let x3 = multiplyAdd(l3, a.l3, b, x2.high)
    let y3 = multiplyAdd(x3.low, m, p.l3, y2.high)
    let x4 = multiplyAdd(l4, a.l4, b, x3.high)
    let y4 = multiplyAdd(x4.low, m, p.l4, y3.high)
    let x5 = multiplyAdd(l5, a.l5, b, x4.high)
    let y5 = multiplyAdd(x5.low, m, p.l5, y4.high)
    self = Self(y1.low, y2.low, y3.low, y4.low, y5.low, x5.high &+ y5.high)
  }

  @inline(__always)
  var squared: Self { self * self }

  var inverse: Self {
    // (x·R)⁻¹ is x⁻¹/R: two factors of R² bring it back to x⁻¹·R.
    modularInverse(self, Self.modulus) * Self.rSquared * Self.rSquared
  }

  @inline(__always)
  var halved: Self {
    let even = plus(Self.modulus.masked(0 &- (l0 & 1)))
    return Self(
      even.l0 &>> 1 | even.l1 &<< 63, even.l1 &>> 1 | even.l2 &<< 63, even.l2 &>> 1 | even.l3 &<< 63,
      even.l3 &>> 1 | even.l4 &<< 63, even.l4 &>> 1 | even.l5 &<< 63, even.l5 &>> 1)
  }

  /// A square root, where there is one: self^((p + 1)/4), as p ≡ 3 (mod 4).
  var squareRoot: Self? {
    let root = power([
      0xee7f_bfff_ffff_eaab, 0x07aa_ffff_ac54_ffff, 0xd9cc_34a8_3dac_3d89, 0xd91d_d2e1_3ce1_44af,
      0x92c6_e9ed_90d2_eb35, 0x0680_447a_8e5f_f9a6,
    ])
    return root.squared == self ? root : nil
  }

  /// ξ = 1 + u.
  @inline(__always)
  static func timesXi(_ a: Fp2<Self>) -> Fp2<Self> { Fp2(a.c0 - a.c1, a.c0 + a.c1) }

  static let frobenius = FrobeniusCoefficients(xi: Fp2<BLS12381Fp>(.one, .one), exponent: sixth)

  /// (p − 1)/6.
  static let sixth: [UInt64] = [
    0x49aa_7fff_ffff_f1c7, 0x051c_aaaa_72e3_5555, 0xe688_231a_d3c8_2906, 0xe613_e1eb_7deb_831f,
    0x0c84_9bf3_b5e1_f223, 0x0455_82fc_5eea_a66f,
  ]
}
