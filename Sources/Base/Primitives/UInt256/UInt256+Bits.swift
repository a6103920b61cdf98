// Bitwise operations and shifts.

extension UInt256 {
  @inlinable @inline(__always)
  public static func & (a: UInt256, b: UInt256) -> UInt256 {
    UInt256(l0: a.l0 & b.l0, l1: a.l1 & b.l1, l2: a.l2 & b.l2, l3: a.l3 & b.l3)
  }

  @inlinable @inline(__always)
  public static func | (a: UInt256, b: UInt256) -> UInt256 {
    UInt256(l0: a.l0 | b.l0, l1: a.l1 | b.l1, l2: a.l2 | b.l2, l3: a.l3 | b.l3)
  }

  @inlinable @inline(__always)
  public static func ^ (a: UInt256, b: UInt256) -> UInt256 {
    UInt256(l0: a.l0 ^ b.l0, l1: a.l1 ^ b.l1, l2: a.l2 ^ b.l2, l3: a.l3 ^ b.l3)
  }

  @inlinable @inline(__always)
  public static prefix func ~ (a: UInt256) -> UInt256 { UInt256(l0: ~a.l0, l1: ~a.l1, l2: ~a.l2, l3: ~a.l3) }

  /// The number shifted left; 256 places or more leave nothing. Without branches: whole limbs first, then bits.
  @inlinable @inline(__always)
  public static func << (a: UInt256, count: UInt64) -> UInt256 {
    // All ones where the number stays, where it moves by two limbs, and where it moves by one.
    let kept: UInt64 = 0 &- bit(count < 256)
    let two: UInt64 = 0 &- (count &>> 7 & 1)
    let one: UInt64 = 0 &- (count &>> 6 & 1)
    let (m0, m1) = (a.l0 & kept & ~two, a.l1 & kept & ~two)
    let (m2, m3) = (kept & (two & a.l0 | ~two & a.l2), kept & (two & a.l1 | ~two & a.l3))
    let (n0, n1) = (m0 & ~one, one & m0 | ~one & m1)
    let (n2, n3) = (one & m1 | ~one & m2, one & m2 | ~one & m3)
    let shift = count & 63
    // A limb receives the high bits of its lower neighbour; shifting in two steps makes a shift of 0 harmless.
    let carry = 63 &- shift
    return UInt256(
      l0: n0 &<< shift, l1: n1 &<< shift | (n0 &>> 1) &>> carry, l2: n2 &<< shift | (n1 &>> 1) &>> carry,
      l3: n3 &<< shift | (n2 &>> 1) &>> carry)
  }

  /// The number shifted right; 256 places or more leave nothing.
  @inlinable @inline(__always)
  public static func >> (a: UInt256, count: UInt64) -> UInt256 { a.shiftedRight(by: count, fill: 0) }

  /// The number shifted right with copies of `fill`, all zeros or all ones, moving in. Without branches: whole limbs
  /// first, then bits.
  @inlinable @inline(__always)
  package func shiftedRight(by count: UInt64, fill: UInt64) -> UInt256 {
    let kept: UInt64 = 0 &- bit(count < 256)
    let two: UInt64 = 0 &- (count &>> 7 & 1)
    let one: UInt64 = 0 &- (count &>> 6 & 1)
    let lost = fill & ~kept
    let (m0, m1) = (lost | kept & (two & l2 | ~two & l0), lost | kept & (two & l3 | ~two & l1))
    let (m2, m3) = (lost | kept & (two & fill | ~two & l2), lost | kept & (two & fill | ~two & l3))
    let (n0, n1) = (one & m1 | ~one & m0, one & m2 | ~one & m1)
    let (n2, n3) = (one & m3 | ~one & m2, one & fill | ~one & m3)
    let shift = count & 63
    let carry = 63 &- shift
    return UInt256(
      l0: n0 &>> shift | (n1 &<< 1) &<< carry, l1: n1 &>> shift | (n2 &<< 1) &<< carry,
      l2: n2 &>> shift | (n3 &<< 1) &<< carry, l3: n3 &>> shift | (fill &<< 1) &<< carry)
  }

  /// SAR of the EVM: shifts right and repeats the sign bit.
  @inlinable @inline(__always)
  public func shiftedRightArithmetically(by count: UInt256) -> UInt256 {
    shiftedRight(by: count.saturatedUInt64, fill: UInt64(bitPattern: Int64(bitPattern: l3) &>> 63))
  }

  /// BYTE of the EVM: the byte at `index` counted from the most significant one; 0 beyond the 32nd.
  @inlinable @inline(__always)
  public func byte(at index: UInt256) -> UInt256 {
    let kept: UInt64 = 0 &- bit(index.fitsUInt64 && index.l0 < 32)
    let position = 31 &- index.l0 & 31
    let two: UInt64 = 0 &- (position &>> 4 & 1)
    let one: UInt64 = 0 &- (position &>> 3 & 1)
    let limb = one & (two & l3 | ~two & l1) | ~one & (two & l2 | ~two & l0)
    return UInt256(limb &>> (8 &* (position & 7)) & 0xff & kept)
  }
}
