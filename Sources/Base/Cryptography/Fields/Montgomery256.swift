import Primitives

/// A prime above 2^253 and below 2^255, and the constants that Montgomery's multiplication by R = 2^256 needs. One bit to
/// spare: a row of the multiplication never carries into a fifth limb, nor a sum of two elements out of 256 bits.
protocol Prime256: Sendable {
  static var modulus: UInt256 { get }
  /// −modulus⁻¹ mod 2^64.
  static var negatedInverse: UInt64 { get }
  /// R mod modulus: the number 1.
  static var one: UInt256 { get }
  /// R² mod modulus.
  static var rSquared: UInt256 { get }
}

/// An element of a prime field, kept as x·R mod p (Montgomery form), always below p.
struct Montgomery256<Prime: Prime256>: Field {
  /// x·R mod p.
  var form: UInt256

  @inline(__always)
  init(form: UInt256) { self.form = form }

  /// The number itself; `nil` where it is not below p.
  init?(_ number: UInt256) {
    guard number < Prime.modulus else { return nil }
    self = Self(form: number) * Self(form: Prime.rSquared)
  }

  /// A number of any size, modulo p.
  init(reducing number: UInt256) {
    var number = number
    while number >= Prime.modulus { number = number &- Prime.modulus }
    self = Self(form: number) * Self(form: Prime.rSquared)
  }

  /// The number, below p.
  var number: UInt256 { (self * Self(form: .one)).form }

  @inline(__always)
  static var zero: Self { Self(form: .zero) }
  @inline(__always)
  static var one: Self { Self(form: Prime.one) }

  @inline(__always)
  var isZero: Bool { form.isZero }

  @inline(__always)
  static func == (a: Self, b: Self) -> Bool { a.form == b.form }

  @inline(__always)
  static func + (a: Self, b: Self) -> Self {
    Self(form: reduce(a.form &+ b.form))
  }

  @inline(__always)
  static func - (a: Self, b: Self) -> Self {
    let difference = a.form.subtractingReportingOverflow(b.form)
    let mask = 0 &- bit(difference.overflow), p = Prime.modulus
    return Self(
      form: difference.partialValue
        &+ UInt256(l0: p.l0 & mask, l1: p.l1 & mask, l2: p.l2 & mask, l3: p.l3 & mask))
  }

  @inline(__always)
  static prefix func - (a: Self) -> Self { zero - a }

  /// Montgomery's product a·b/R, one limb of b at a time: add a·bᵢ, add the multiple of p that clears the lowest limb,
  /// drop that limb. Not inlined: a call costs a tenth of it, and its 200 instructions would be everywhere.
  @inline(never)
  static func * (a: Self, b: Self) -> Self {
    var t = Accumulator()
    t.row(a.form, b.form.l0, Prime.self)
    t.row(a.form, b.form.l1, Prime.self)
    t.row(a.form, b.form.l2, Prime.self)
    t.row(a.form, b.form.l3, Prime.self)
    return Self(form: reduce(UInt256(l0: t.t0, l1: t.t1, l2: t.t2, l3: t.t3)))
  }

  @inline(__always)
  var squared: Self { self * self }

  var inverse: Self {
    // (x·R)⁻¹ is x⁻¹/R: two factors of R² bring it back to x⁻¹·R.
    let r2 = Self(form: Prime.rSquared)
    return Self(form: modularInverse(form, Prime.modulus)) * r2 * r2
  }

  /// x, which is below 2p, modulo p.
  @inline(__always)
  private static func reduce(_ x: UInt256) -> UInt256 {
    let reduced = x.subtractingReportingOverflow(Prime.modulus)
    // Keep x where the subtraction borrowed.
    let keep = 0 &- bit(reduced.overflow), r = reduced.partialValue
    return UInt256(
      l0: r.l0 ^ (r.l0 ^ x.l0) & keep, l1: r.l1 ^ (r.l1 ^ x.l1) & keep, l2: r.l2 ^ (r.l2 ^ x.l2) & keep,
      l3: r.l3 ^ (r.l3 ^ x.l3) & keep)
  }
}

/// The running sum of the multiplication.
private struct Accumulator {
  var t0: UInt64 = 0
  var t1: UInt64 = 0
  var t2: UInt64 = 0
  var t3: UInt64 = 0

  @inline(__always)
  init() {}

  @inline(__always)
  mutating func row<Prime: Prime256>(_ a: UInt256, _ b: UInt64, _: Prime.Type) {
    let p = Prime.modulus
    let x0 = multiplyAdd(t0, a.l0, b, 0)
    let m = x0.low &* Prime.negatedInverse
    let y0 = multiplyAdd(x0.low, m, p.l0, 0)
    let x1 = multiplyAdd(t1, a.l1, b, x0.high)
    let y1 = multiplyAdd(x1.low, m, p.l1, y0.high)
    let x2 = multiplyAdd(t2, a.l2, b, x1.high)
    let y2 = multiplyAdd(x2.low, m, p.l2, y1.high)
    let x3 = multiplyAdd(t3, a.l3, b, x2.high)
    let y3 = multiplyAdd(x3.low, m, p.l3, y2.high)
    (t0, t1, t2, t3) = (y1.low, y2.low, y3.low, x3.high &+ y3.high)
  }
}
