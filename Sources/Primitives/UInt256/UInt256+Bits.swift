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

  /// The number shifted left; 256 places or more leave nothing.
  @inlinable
  public static func << (a: UInt256, count: UInt64) -> UInt256 {
    if count >= 256 { return .zero }
    let shift = count & 63
    // A limb receives the high bits of its lower neighbour; shifting in two steps makes a shift of 0 harmless.
    let carry = 63 &- shift
    let s0 = a.l0 &<< shift
    let s1 = a.l1 &<< shift | (a.l0 &>> 1) &>> carry
    let s2 = a.l2 &<< shift | (a.l1 &>> 1) &>> carry
    let s3 = a.l3 &<< shift | (a.l2 &>> 1) &>> carry
    switch count >> 6 {
    case 0: return UInt256(l0: s0, l1: s1, l2: s2, l3: s3)
    case 1: return UInt256(l0: 0, l1: s0, l2: s1, l3: s2)
    case 2: return UInt256(l0: 0, l1: 0, l2: s0, l3: s1)
    default: return UInt256(l0: 0, l1: 0, l2: 0, l3: s0)
    }
  }

  /// The number shifted right; 256 places or more leave nothing.
  @inlinable
  public static func >> (a: UInt256, count: UInt64) -> UInt256 {
    if count >= 256 { return .zero }
    let shift = count & 63
    let carry = 63 &- shift
    let s3 = a.l3 &>> shift
    let s2 = a.l2 &>> shift | (a.l3 &<< 1) &<< carry
    let s1 = a.l1 &>> shift | (a.l2 &<< 1) &<< carry
    let s0 = a.l0 &>> shift | (a.l1 &<< 1) &<< carry
    switch count >> 6 {
    case 0: return UInt256(l0: s0, l1: s1, l2: s2, l3: s3)
    case 1: return UInt256(l0: s1, l1: s2, l2: s3, l3: 0)
    case 2: return UInt256(l0: s2, l1: s3, l2: 0, l3: 0)
    default: return UInt256(l0: s3, l1: 0, l2: 0, l3: 0)
    }
  }

  /// SHL of the EVM: the shift amount is a word.
  @inlinable @inline(__always)
  public func shiftedLeft(by count: UInt256) -> UInt256 { self << count.saturatedUInt64 }

  /// SHR of the EVM: the shift amount is a word.
  @inlinable @inline(__always)
  public func shiftedRight(by count: UInt256) -> UInt256 { self >> count.saturatedUInt64 }

  /// SAR of the EVM: shifts right and repeats the sign bit.
  @inlinable
  public func shiftedRightArithmetically(by count: UInt256) -> UInt256 {
    let places = count.saturatedUInt64
    guard isNegative else { return self >> places }
    return ~(~self >> places)
  }

  /// BYTE of the EVM: the byte at `index` counted from the most significant one; 0 beyond the 32nd.
  @inlinable
  public func byte(at index: UInt256) -> UInt256 {
    guard index.fitsUInt64, index.l0 < 32 else { return .zero }
    return (self >> (8 &* (31 &- index.l0))) & 0xff
  }
}
