// Sums, differences and products. Carries are computed, never branched upon.

/// A flag as 0 or 1, without the branch that `flag ? 1 : 0` would become.
@inlinable @inline(__always)
package func bit(_ flag: Bool) -> UInt64 { UInt64(unsafeBitCast(flag, to: UInt8.self)) }

/// x + y + carry, and the carry out.
@inlinable @inline(__always)
package func addWithCarry(_ x: UInt64, _ y: UInt64, _ carry: UInt64) -> (sum: UInt64, carry: UInt64) {
  let s = x.addingReportingOverflow(y)
  let r = s.partialValue.addingReportingOverflow(carry)
  return (r.partialValue, bit(s.overflow) | bit(r.overflow))
}

/// x − y − borrow, and the borrow out.
@inlinable @inline(__always)
package func subtractWithBorrow(_ x: UInt64, _ y: UInt64, _ borrow: UInt64) -> (difference: UInt64, borrow: UInt64) {
  let s = x.subtractingReportingOverflow(y)
  let r = s.partialValue.subtractingReportingOverflow(borrow)
  return (r.partialValue, bit(s.overflow) | bit(r.overflow))
}

/// accumulator + x·y + carry: never more than 128 bits.
@inlinable @inline(__always)
package func multiplyAdd(_ accumulator: UInt64, _ x: UInt64, _ y: UInt64, _ carry: UInt64) -> (
  low: UInt64, high: UInt64
) {
  let t = UInt128(x) &* UInt128(y) &+ UInt128(accumulator) &+ UInt128(carry)
  return (UInt64(truncatingIfNeeded: t), UInt64(truncatingIfNeeded: t >> 64))
}

extension UInt256 {
  /// The sum modulo 2^256, and whether it was larger.
  @inlinable @inline(__always)
  public func addingReportingOverflow(_ other: UInt256) -> (partialValue: UInt256, overflow: Bool) {
    let a = addWithCarry(l0, other.l0, 0)
    let b = addWithCarry(l1, other.l1, a.carry)
    let c = addWithCarry(l2, other.l2, b.carry)
    let d = addWithCarry(l3, other.l3, c.carry)
    return (UInt256(l0: a.sum, l1: b.sum, l2: c.sum, l3: d.sum), d.carry != 0)
  }

  /// The difference modulo 2^256, and whether it was negative.
  @inlinable @inline(__always)
  public func subtractingReportingOverflow(_ other: UInt256) -> (partialValue: UInt256, overflow: Bool) {
    let a = subtractWithBorrow(l0, other.l0, 0)
    let b = subtractWithBorrow(l1, other.l1, a.borrow)
    let c = subtractWithBorrow(l2, other.l2, b.borrow)
    let d = subtractWithBorrow(l3, other.l3, c.borrow)
    return (UInt256(l0: a.difference, l1: b.difference, l2: c.difference, l3: d.difference), d.borrow != 0)
  }

  /// The product modulo 2^256, and whether it was larger.
  @inlinable
  public func multipliedReportingOverflow(by other: UInt256) -> (partialValue: UInt256, overflow: Bool) {
    let product = multipliedFullWidth(by: other)
    return (product.low, !product.high.isZero)
  }

  @inlinable @inline(__always)
  public static func &+ (a: UInt256, b: UInt256) -> UInt256 { a.addingReportingOverflow(b).partialValue }

  @inlinable @inline(__always)
  public static func &- (a: UInt256, b: UInt256) -> UInt256 { a.subtractingReportingOverflow(b).partialValue }

  /// The low 256 bits of the product: ten limb products, none for what is shifted out.
  @inlinable @inline(__always)
  public static func &* (a: UInt256, b: UInt256) -> UInt256 {
    let p00 = multiplyAdd(0, a.l0, b.l0, 0)
    let p01 = multiplyAdd(0, a.l0, b.l1, p00.high)
    let p02 = multiplyAdd(0, a.l0, b.l2, p01.high)
    let p03 = a.l0 &* b.l3 &+ p02.high
    let p10 = multiplyAdd(p01.low, a.l1, b.l0, 0)
    let p11 = multiplyAdd(p02.low, a.l1, b.l1, p10.high)
    let p12 = p03 &+ a.l1 &* b.l2 &+ p11.high
    let p20 = multiplyAdd(p11.low, a.l2, b.l0, 0)
    let p21 = p12 &+ a.l2 &* b.l1 &+ p20.high
    return UInt256(l0: p00.low, l1: p10.low, l2: p20.low, l3: p21 &+ a.l3 &* b.l0)
  }

  /// The product with a number below 2^64, modulo 2^256.
  @inlinable @inline(__always)
  public func multiplied(byLimb b: UInt64) -> UInt256 {
    let p0 = multiplyAdd(0, l0, b, 0)
    let p1 = multiplyAdd(0, l1, b, p0.high)
    let p2 = multiplyAdd(0, l2, b, p1.high)
    return UInt256(l0: p0.low, l1: p1.low, l2: p2.low, l3: l3 &* b &+ p2.high)
  }

  /// The whole product of 512 bits.
  @inlinable
  public func multipliedFullWidth(by b: UInt256) -> (low: UInt256, high: UInt256) {
    let p00 = multiplyAdd(0, l0, b.l0, 0)
    let p01 = multiplyAdd(0, l0, b.l1, p00.high)
    let p02 = multiplyAdd(0, l0, b.l2, p01.high)
    let p03 = multiplyAdd(0, l0, b.l3, p02.high)
    let p10 = multiplyAdd(p01.low, l1, b.l0, 0)
    let p11 = multiplyAdd(p02.low, l1, b.l1, p10.high)
    let p12 = multiplyAdd(p03.low, l1, b.l2, p11.high)
    let p13 = multiplyAdd(p03.high, l1, b.l3, p12.high)
    let p20 = multiplyAdd(p11.low, l2, b.l0, 0)
    let p21 = multiplyAdd(p12.low, l2, b.l1, p20.high)
    let p22 = multiplyAdd(p13.low, l2, b.l2, p21.high)
    let p23 = multiplyAdd(p13.high, l2, b.l3, p22.high)
    let p30 = multiplyAdd(p21.low, l3, b.l0, 0)
    let p31 = multiplyAdd(p22.low, l3, b.l1, p30.high)
    let p32 = multiplyAdd(p23.low, l3, b.l2, p31.high)
    let p33 = multiplyAdd(p23.high, l3, b.l3, p32.high)
    return (
      UInt256(l0: p00.low, l1: p10.low, l2: p20.low, l3: p30.low),
      UInt256(l0: p31.low, l1: p32.low, l2: p33.low, l3: p33.high)
    )
  }

  /// The sum; traps above 2^256 − 1. For numbers that the caller has bounded.
  @inlinable @inline(__always)
  public static func + (a: UInt256, b: UInt256) -> UInt256 {
    let r = a.addingReportingOverflow(b)
    precondition(!r.overflow, "UInt256 addition overflows")
    return r.partialValue
  }

  /// The difference; traps below zero. For numbers that the caller has compared.
  @inlinable @inline(__always)
  public static func - (a: UInt256, b: UInt256) -> UInt256 {
    let r = a.subtractingReportingOverflow(b)
    precondition(!r.overflow, "UInt256 subtraction overflows")
    return r.partialValue
  }

  /// The product; traps above 2^256 − 1. For numbers that the caller has bounded.
  @inlinable
  public static func * (a: UInt256, b: UInt256) -> UInt256 {
    let r = a.multipliedReportingOverflow(by: b)
    precondition(!r.overflow, "UInt256 multiplication overflows")
    return r.partialValue
  }

  @inlinable @inline(__always)
  public static func += (a: inout UInt256, b: UInt256) { a = a + b }
  @inlinable @inline(__always)
  public static func -= (a: inout UInt256, b: UInt256) { a = a - b }

  /// −x modulo 2^256.
  @inlinable @inline(__always)
  public var negated: UInt256 { .zero &- self }

  /// self^exponent modulo 2^256, by squaring from the highest bit.
  @inlinable
  public func power(_ exponent: UInt256) -> UInt256 {
    if exponent.isZero { return .one }
    if self == 2 { return exponent.fitsUInt64 ? .one << exponent.l0 : .zero }
    var result = self
    var position = exponent.bitWidth - 1
    while position > 0 {
      position -= 1
      result = result &* result
      if exponent.testBit(position) { result = result &* self }
    }
    return result
  }

  /// Whether the bit of weight 2^position is set, for 0 ≤ position < 256.
  @inlinable @inline(__always)
  public func testBit(_ position: Int) -> Bool {
    let limb =
      switch position >> 6 {
      case 0: l0
      case 1: l1
      case 2: l2
      default: l3
      }
    return (limb &>> UInt64(position & 63)) & 1 != 0
  }
}
