// Quotients, remainders, and the modular operations of the EVM. A zero divisor gives zero.

extension UInt256 {
  @inlinable
  public static func / (a: UInt256, b: UInt256) -> UInt256 { a.quotientAndRemainder(dividingBy: b).quotient }

  @inlinable
  public static func % (a: UInt256, b: UInt256) -> UInt256 { a.quotientAndRemainder(dividingBy: b).remainder }

  /// Quotient and remainder; both zero where the divisor is.
  @inlinable
  public func quotientAndRemainder(dividingBy d: UInt256) -> (quotient: UInt256, remainder: UInt256) {
    if self < d { return (.zero, self) }
    if fitsUInt64 {
      // d ≤ self, so the divisor fits too.
      if d.l0 == 0 { return (.zero, .zero) }
      return (UInt256(l0 / d.l0), UInt256(l0 % d.l0))
    }
    if d.l3 != 0 { return dividedByFourLimbs(d) }
    if d.l2 != 0 { return dividedByThreeLimbs(d) }
    if d.l1 != 0 { return dividedByTwoLimbs(d) }
    if d.l0 != 0 { return dividedByOneLimb(d.l0) }
    return (.zero, .zero)
  }

  /// The number shifted left by less than 64 places, with the limb that this pushes out.
  @inlinable @inline(__always)
  package func normalized(by shift: UInt64) -> (u4: UInt64, u3: UInt64, u2: UInt64, u1: UInt64, u0: UInt64) {
    let carry = 63 &- shift
    return (
      (l3 &>> 1) &>> carry, l3 &<< shift | (l2 &>> 1) &>> carry, l2 &<< shift | (l1 &>> 1) &>> carry,
      l1 &<< shift | (l0 &>> 1) &>> carry, l0 &<< shift
    )
  }

  @inlinable
  package func dividedByOneLimb(_ divisor: UInt64) -> (quotient: UInt256, remainder: UInt256) {
    let shift = UInt64(divisor.leadingZeroBitCount)
    let d = divisor &<< shift
    let v = reciprocal(d)
    let u = normalized(by: shift)
    let a = divideStep1(u.u4, u.u3, d, v)
    let b = divideStep1(a.remainder, u.u2, d, v)
    let c = divideStep1(b.remainder, u.u1, d, v)
    let e = divideStep1(c.remainder, u.u0, d, v)
    return (
      UInt256(l0: e.quotient, l1: c.quotient, l2: b.quotient, l3: a.quotient), UInt256(e.remainder &>> shift)
    )
  }

  @inlinable
  package func dividedByTwoLimbs(_ divisor: UInt256) -> (quotient: UInt256, remainder: UInt256) {
    let shift = UInt64(divisor.l1.leadingZeroBitCount)
    let d = join(divisor.l1, divisor.l0) << UInt128(shift)
    let v = reciprocal(high(d), low(d))
    let u = normalized(by: shift)
    let a = divideStep2(join(u.u4, u.u3), u.u2, d, v)
    let b = divideStep2(a.remainder, u.u1, d, v)
    let c = divideStep2(b.remainder, u.u0, d, v)
    return (
      UInt256(l0: c.quotient, l1: b.quotient, l2: a.quotient, l3: 0), UInt256(c.remainder >> UInt128(shift))
    )
  }

  @inlinable
  package func dividedByThreeLimbs(_ divisor: UInt256) -> (quotient: UInt256, remainder: UInt256) {
    let shift = UInt64(divisor.l2.leadingZeroBitCount)
    let d = divisor << shift
    let v = reciprocal(d.l2, d.l1)
    let u = normalized(by: shift)
    let a = divideStep3(u.u4, u.u3, u.u2, u.u1, d.l2, d.l1, d.l0, v)
    let b = divideStep3(a.r2, a.r1, a.r0, u.u0, d.l2, d.l1, d.l0, v)
    return (
      UInt256(l0: b.quotient, l1: a.quotient, l2: 0, l3: 0), UInt256(l0: b.r0, l1: b.r1, l2: b.r2, l3: 0) >> shift
    )
  }

  @inlinable
  package func dividedByFourLimbs(_ divisor: UInt256) -> (quotient: UInt256, remainder: UInt256) {
    let shift = UInt64(divisor.l3.leadingZeroBitCount)
    let d = divisor << shift
    let v = reciprocal(d.l3, d.l2)
    let u = normalized(by: shift)
    let a = divideStep4(u.u4, u.u3, u.u2, u.u1, u.u0, d.l3, d.l2, d.l1, d.l0, v)
    return (UInt256(a.quotient), UInt256(l0: a.r0, l1: a.r1, l2: a.r2, l3: a.r3) >> shift)
  }

  /// ADDMOD of the EVM: (self + other) mod modulus without losing the carry; 0 where the modulus is 0.
  @inlinable
  public func addingModulo(_ other: UInt256, _ modulus: UInt256) -> UInt256 {
    let sum = addingReportingOverflow(other)
    if !sum.overflow { return sum.partialValue % modulus }
    return UInt256.remainder(high: .one, low: sum.partialValue, modulus: modulus)
  }

  /// MULMOD of the EVM: (self · other) mod modulus over all 512 bits; 0 where the modulus is 0.
  @inlinable
  public func multipliedModulo(_ other: UInt256, _ modulus: UInt256) -> UInt256 {
    let product = multipliedFullWidth(by: other)
    if product.high.isZero { return product.low % modulus }
    return UInt256.remainder(high: product.high, low: product.low, modulus: modulus)
  }

  /// (high · 2^256 + low) mod modulus; 0 where the modulus is 0.
  @inlinable
  package static func remainder(high h: UInt256, low l: UInt256, modulus: UInt256) -> UInt256 {
    if modulus.l3 != 0 {
      let shift = UInt64(modulus.l3.leadingZeroBitCount)
      let d = modulus << shift
      let v = reciprocal(d.l3, d.l2)
      let u = h.normalized(by: shift), w = l.normalized(by: shift)
      var r = divideStep4(u.u4, u.u3, u.u2, u.u1, u.u0 | w.u4, d.l3, d.l2, d.l1, d.l0, v)
      r = divideStep4(r.r3, r.r2, r.r1, r.r0, w.u3, d.l3, d.l2, d.l1, d.l0, v)
      r = divideStep4(r.r3, r.r2, r.r1, r.r0, w.u2, d.l3, d.l2, d.l1, d.l0, v)
      r = divideStep4(r.r3, r.r2, r.r1, r.r0, w.u1, d.l3, d.l2, d.l1, d.l0, v)
      r = divideStep4(r.r3, r.r2, r.r1, r.r0, w.u0, d.l3, d.l2, d.l1, d.l0, v)
      return UInt256(l0: r.r0, l1: r.r1, l2: r.r2, l3: r.r3) >> shift
    }
    // Below four limbs the high half is reduced first; what remains of it is a running remainder for the low half.
    let top = h % modulus
    if modulus.l2 != 0 {
      let shift = UInt64(modulus.l2.leadingZeroBitCount)
      let d = modulus << shift
      let v = reciprocal(d.l2, d.l1)
      let t = top << shift, w = l.normalized(by: shift)
      var r = divideStep3(t.l2, t.l1, t.l0 | w.u4, w.u3, d.l2, d.l1, d.l0, v)
      r = divideStep3(r.r2, r.r1, r.r0, w.u2, d.l2, d.l1, d.l0, v)
      r = divideStep3(r.r2, r.r1, r.r0, w.u1, d.l2, d.l1, d.l0, v)
      r = divideStep3(r.r2, r.r1, r.r0, w.u0, d.l2, d.l1, d.l0, v)
      return UInt256(l0: r.r0, l1: r.r1, l2: r.r2, l3: 0) >> shift
    }
    if modulus.l1 != 0 {
      let shift = UInt64(modulus.l1.leadingZeroBitCount)
      let d = join(modulus.l1, modulus.l0) << UInt128(shift)
      let v = reciprocal(high(d), low(d))
      let t = top << shift, w = l.normalized(by: shift)
      var r = divideStep2(join(t.l1, t.l0 | w.u4), w.u3, d, v)
      r = divideStep2(r.remainder, w.u2, d, v)
      r = divideStep2(r.remainder, w.u1, d, v)
      r = divideStep2(r.remainder, w.u0, d, v)
      return UInt256(r.remainder >> UInt128(shift))
    }
    if modulus.l0 == 0 { return .zero }
    let shift = UInt64(modulus.l0.leadingZeroBitCount)
    let d = modulus.l0 &<< shift
    let v = reciprocal(d)
    let t = top << shift, w = l.normalized(by: shift)
    var r = divideStep1(t.l0 | w.u4, w.u3, d, v)
    r = divideStep1(r.remainder, w.u2, d, v)
    r = divideStep1(r.remainder, w.u1, d, v)
    r = divideStep1(r.remainder, w.u0, d, v)
    return UInt256(r.remainder &>> shift)
  }
}
