// Division of limb sequences by multiplication with reciprocals: N. Möller and T. Granlund, "Improved division by
// invariant integers" (IEEE Transactions on Computers 60, 2011). The hardware's 128-by-64 division is out of Swift's
// reach, and the run-time library's is ten times slower.
//
// A divisor is normalised: its top bit is set. A running remainder r < d takes one limb after the other, most
// significant first; each step gives one limb of the quotient.

@inlinable @inline(__always)
package func high(_ x: UInt128) -> UInt64 { UInt64(truncatingIfNeeded: x >> 64) }
@inlinable @inline(__always)
package func low(_ x: UInt128) -> UInt64 { UInt64(truncatingIfNeeded: x) }
@inlinable @inline(__always)
package func join(_ high: UInt64, _ low: UInt64) -> UInt128 { UInt128(high) << 64 | UInt128(low) }
@inlinable @inline(__always)
package func wideProduct(_ x: UInt64, _ y: UInt64) -> UInt128 { UInt128(x) &* UInt128(y) }

/// ⌊(2^128 − 1) / d⌋ − 2^64 for d ≥ 2^63 (algorithm 3 of the paper; its table is one small division here).
@inlinable @inline(__always)
package func reciprocal(_ d: UInt64) -> UInt64 {
  let d0 = d & 1
  let d40 = (d &>> 24) &+ 1
  let d63 = (d &>> 1) &+ d0
  let v0 = UInt64(UInt32(0x7fd00) / UInt32(truncatingIfNeeded: d &>> 55))
  let v1 = (v0 &<< 11) &- ((v0 &* v0 &* d40) &>> 40) &- 1
  let v2 = (v1 &<< 13) &+ ((v1 &* ((1 &<< 60) &- v1 &* d40)) &>> 47)
  let e = ((v2 &>> 1) & (0 &- d0)) &- v2 &* d63
  let v3 = (v2 &<< 31) &+ (high(wideProduct(v2, e)) &>> 1)
  return v3 &- high(wideProduct(v3, d) &+ UInt128(d)) &- d
}

/// ⌊(2^192 − 1) / (d1, d0)⌋ − 2^64 for d1 ≥ 2^63 (algorithm 6).
@inlinable @inline(__always)
package func reciprocal(_ d1: UInt64, _ d0: UInt64) -> UInt64 {
  var v = reciprocal(d1)
  var p = d1 &* v &+ d0
  if p < d0 {
    v &-= 1
    if p >= d1 {
      v &-= 1
      p &-= d1
    }
    p &-= d1
  }
  let t = wideProduct(v, d0)
  p &+= high(t)
  if p < high(t) {
    v &-= 1
    if join(p, low(t)) >= join(d1, d0) { v &-= 1 }
  }
  return v
}

/// (r, u) divided by d, where r < d and v = reciprocal(d) (algorithm 4).
@inlinable @inline(__always)
package func divideStep1(_ r: UInt64, _ u: UInt64, _ d: UInt64, _ v: UInt64) -> (quotient: UInt64, remainder: UInt64) {
  let q = wideProduct(v, r) &+ join(r, u)
  var q1 = high(q) &+ 1
  var rest = u &- q1 &* d
  if rest > low(q) {
    q1 &-= 1
    rest &+= d
  }
  if rest >= d {
    q1 &+= 1
    rest &-= d
  }
  return (q1, rest)
}

/// (r, u) divided by the two limbs d, where r < d and v = reciprocal(d1, d0) (algorithm 5).
@inlinable @inline(__always)
package func divideStep2(_ r: UInt128, _ u: UInt64, _ d: UInt128, _ v: UInt64) -> (quotient: UInt64, remainder: UInt128)
{
  let q = wideProduct(v, high(r)) &+ r
  var q1 = high(q)
  let r1 = low(r) &- q1 &* high(d)
  var rest = join(r1, u) &- wideProduct(low(d), q1) &- d
  q1 &+= 1
  if high(rest) >= low(q) {
    q1 &-= 1
    rest &+= d
  }
  if rest >= d {
    q1 &+= 1
    rest &-= d
  }
  return (q1, rest)
}

/// (r2, r1, r0, u) divided by (d2, d1, d0), where r < d and v = reciprocal(d2, d1).
@inlinable @inline(__always)
package func divideStep3(
  _ r2: UInt64, _ r1: UInt64, _ r0: UInt64, _ u: UInt64, _ d2: UInt64, _ d1: UInt64, _ d0: UInt64, _ v: UInt64
) -> (quotient: UInt64, r2: UInt64, r1: UInt64, r0: UInt64) {
  let r = divideStep4(r2, r1, r0, u, 0, d2, d1, d0, 0, v)
  return (r.quotient, r.r3, r.r2, r.r1)
}

/// (r3, r2, r1, r0, u) divided by (d3, d2, d1, d0), where r < d and v = reciprocal(d3, d2): the quotient of the three top
/// limbs by two is at most one too large (Knuth, volume 2, 4.3.1, algorithm D).
@inlinable @inline(__always)
package func divideStep4(
  _ r3: UInt64, _ r2: UInt64, _ r1: UInt64, _ r0: UInt64, _ u: UInt64,
  _ d3: UInt64, _ d2: UInt64, _ d1: UInt64, _ d0: UInt64, _ v: UInt64
) -> (quotient: UInt64, r3: UInt64, r2: UInt64, r1: UInt64, r0: UInt64) {
  if join(r3, r2) == join(d3, d2) {
    // The estimate would not fit a limb. As r < d, the quotient is 2^64 − 1 and the remainder d − t with
    // t = (d1, d0, 0) − (r1, r0, u), which is less than 2^192 and hence less than d.
    let t0 = subtractWithBorrow(0, u, 0)
    let t1 = subtractWithBorrow(d0, r0, t0.borrow)
    let t2 = subtractWithBorrow(d1, r1, t1.borrow)
    let s0 = subtractWithBorrow(d0, t0.difference, 0)
    let s1 = subtractWithBorrow(d1, t1.difference, s0.borrow)
    let s2 = subtractWithBorrow(d2, t2.difference, s1.borrow)
    return (.max, d3 &- s2.borrow, s2.difference, s1.difference, s0.difference)
  }
  let estimate = divideStep2(join(r3, r2), r1, join(d3, d2), v)
  let p0 = wideProduct(estimate.quotient, d0)
  let p1 = wideProduct(estimate.quotient, d1) &+ UInt128(high(p0))
  let s0 = subtractWithBorrow(u, low(p0), 0)
  let s1 = subtractWithBorrow(r0, low(p1), s0.borrow)
  let s2 = subtractWithBorrow(low(estimate.remainder), high(p1), s1.borrow)
  let s3 = subtractWithBorrow(high(estimate.remainder), 0, s2.borrow)
  if s3.borrow == 0 {
    return (estimate.quotient, s3.difference, s2.difference, s1.difference, s0.difference)
  }
  let a0 = addWithCarry(s0.difference, d0, 0)
  let a1 = addWithCarry(s1.difference, d1, a0.carry)
  let a2 = addWithCarry(s2.difference, d2, a1.carry)
  let a3 = addWithCarry(s3.difference, d3, a2.carry)
  return (estimate.quotient &- 1, a3.sum, a2.sum, a1.sum, a0.sum)
}
