import Primitives

/// A curve y² = x³ + b over some field.
protocol ShortWeierstrassCurve: Sendable {
  associatedtype Coordinate: Field
  static var b: Coordinate { get }
}

/// A point other than infinity.
struct AffinePoint<Curve: ShortWeierstrassCurve>: Equatable, Sendable {
  var x: Curve.Coordinate
  var y: Curve.Coordinate

  /// Whether the coordinates satisfy the equation of the curve.
  var isOnCurve: Bool {
    y.squared == x.squared * x + Curve.b
  }

  static prefix func - (p: Self) -> Self { Self(x: p.x, y: -p.y) }
}

/// A point as (X, Y, Z) with x = X/Z² and y = Y/Z³; Z = 0 is infinity.
///
/// The formulas are those of the Explicit-Formulas Database (hyperelliptic.org/EFD): dbl-2009-l and
/// add-2007-bl. Operands are public everywhere: nothing runs in constant time.
struct JacobianPoint<Curve: ShortWeierstrassCurve>: Sendable {
  var x: Curve.Coordinate
  var y: Curve.Coordinate
  var z: Curve.Coordinate

  static var infinity: Self { Self(x: .one, y: .one, z: .zero) }

  init(x: Curve.Coordinate, y: Curve.Coordinate, z: Curve.Coordinate) { (self.x, self.y, self.z) = (x, y, z) }

  init(_ point: AffinePoint<Curve>) { self.init(x: point.x, y: point.y, z: .one) }

  init(_ point: AffinePoint<Curve>?) { self = point.map { Self($0) } ?? .infinity }

  var isInfinity: Bool { z.isZero }

  /// x and y; `nil` at infinity.
  var affine: AffinePoint<Curve>? {
    guard !isInfinity else { return nil }
    let inverse = z.inverse, square = inverse.squared
    return AffinePoint(x: x * square, y: y * (square * inverse))
  }

  static prefix func - (p: Self) -> Self { Self(x: p.x, y: -p.y, z: p.z) }

  /// Whether both are the same point, whatever their Z.
  static func == (p: Self, q: Self) -> Bool {
    if p.isInfinity || q.isInfinity { return p.isInfinity && q.isInfinity }
    let zp = p.z.squared, zq = q.z.squared
    return p.x * zq == q.x * zp && p.y * (zq * q.z) == q.y * (zp * p.z)
  }

  @inline(never)
  var doubled: Self {
    let a = x.squared, b = y.squared
    let c = b.squared
    let d = ((x + b).squared - a - c).doubled
    let e = a.doubled + a
    let x3 = e.squared - d.doubled
    let y3 = e * (d - x3) - c.doubled.doubled.doubled
    return Self(x: x3, y: y3, z: (y * z).doubled)
  }

  @inline(never)
  static func + (p: Self, q: Self) -> Self {
    if p.isInfinity { return q }
    if q.isInfinity { return p }
    let zp = p.z.squared, zq = q.z.squared
    let u1 = p.x * zq, u2 = q.x * zp
    let s1 = p.y * (q.z * zq), s2 = q.y * (p.z * zp)
    let h = u2 - u1, r = (s2 - s1).doubled
    if h.isZero { return r.isZero ? p.doubled : .infinity }
    let i = h.doubled.squared
    let j = h * i, v = u1 * i
    let x3 = r.squared - j - v.doubled
    let y3 = r * (v - x3) - (s1 * j).doubled
    return Self(x: x3, y: y3, z: ((p.z + q.z).squared - zp - zq) * h)
  }

  @inline(__always)
  static func - (p: Self, q: Self) -> Self { p + -q }

  /// scalar · self.
  func multiplied(by scalar: UInt256) -> Self { Self.sum([(scalar, self)]) }

  /// Σ scalar · point: one chain of doublings for all, and for each point the odd multiples up to 15 (Shamir's trick over
  /// signed windows of five bits).
  static func sum(_ terms: [(scalar: UInt256, point: Self)]) -> Self {
    let digits = terms.map { signedWindows($0.scalar) }
    let tables = terms.map { term in
      let double = term.point.doubled
      var table = [term.point]
      for index in 1..<8 { table.append(table[index - 1] + double) }
      return table
    }
    var result = Self.infinity
    for position in stride(from: (digits.map(\.count).max() ?? 0) - 1, through: 0, by: -1) {
      result = result.doubled
      for term in digits.indices where position < digits[term].count {
        let digit = Int(digits[term][position])
        if digit > 0 { result = result + tables[term][digit >> 1] }
        if digit < 0 { result = result - tables[term][-digit >> 1] }
      }
    }
    return result
  }
}

/// The scalar as digits of its non-adjacent form of width five, lowest first: each is zero or odd between −15 and 15, and
/// four zeros follow every other.
func signedWindows(_ scalar: UInt256) -> [Int8] {
  var digits: [Int8] = []
  digits.reserveCapacity(257)
  // What is left of the scalar; rounding up can carry it to 2^256.
  var rest = scalar, top: UInt64 = 0
  while !rest.isZero || top != 0 {
    var digit: Int8 = 0
    if rest.l0 & 1 == 1 {
      digit = Int8(truncatingIfNeeded: rest.l0 & 31)
      if digit >= 16 { digit -= 32 }
      if digit > 0 {
        rest = rest &- UInt256(UInt64(digit))
      } else {
        let sum = rest.addingReportingOverflow(UInt256(UInt64(-Int(digit))))
        rest = sum.partialValue
        top &+= bit(sum.overflow)
      }
    }
    digits.append(digit)
    rest = rest >> 1
    rest.l3 |= top &<< 63
    top &>>= 1
  }
  return digits
}
