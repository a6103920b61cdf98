// The two's complement reading of a word: comparison, division, sign extension.

extension UInt256 {
  /// Whether the highest bit is set.
  @inlinable @inline(__always)
  public var isNegative: Bool { Int64(bitPattern: l3) < 0 }

  /// SLT of the EVM.
  @inlinable @inline(__always)
  public func isLessSigned(than other: UInt256) -> Bool {
    // Flipping the sign bits turns the signed order into the unsigned one.
    let flip: UInt64 = 1 << 63
    return UInt256(l0: l0, l1: l1, l2: l2, l3: l3 ^ flip)
      < UInt256(l0: other.l0, l1: other.l1, l2: other.l2, l3: other.l3 ^ flip)
  }

  /// The absolute value; that of the smallest number is itself.
  @inlinable @inline(__always)
  package var magnitude: UInt256 { isNegative ? negated : self }

  /// SDIV of the EVM: truncates toward zero; x/0 = 0; the smallest number by −1 is itself.
  @inlinable
  public func dividedSigned(by divisor: UInt256) -> UInt256 {
    let quotient = magnitude / divisor.magnitude
    return isNegative != divisor.isNegative ? quotient.negated : quotient
  }

  /// SMOD of the EVM: takes the sign of the dividend; x mod 0 = 0.
  @inlinable
  public func remainderSigned(by divisor: UInt256) -> UInt256 {
    let remainder = magnitude % divisor.magnitude
    return isNegative ? remainder.negated : remainder
  }

  /// SIGNEXTEND of the EVM: repeats the sign bit of the byte at `index`, counted from the least significant one.
  @inlinable @inline(__always)
  public func signExtended(fromByte index: UInt256) -> UInt256 {
    guard index.fitsUInt64, index.l0 < 31 else { return self }
    // The limb with the sign bit is shifted up and down again; those above it repeat its sign.
    let unused = 56 &- 8 &* (index.l0 & 7)
    let (limb, lower) =
      switch index.l0 &>> 3 {
      case 0: (l0, UInt64(0))
      case 1: (l1, UInt64(1))
      case 2: (l2, UInt64(2))
      default: (l3, UInt64(3))
      }
    let extended = UInt64(bitPattern: Int64(bitPattern: limb &<< unused) &>> Int64(unused))
    let fill = UInt64(bitPattern: Int64(bitPattern: extended) &>> 63)
    return UInt256(
      l0: lower == 0 ? extended : l0, l1: lower == 1 ? extended : lower < 1 ? fill : l1,
      l2: lower == 2 ? extended : lower < 2 ? fill : l2, l3: lower == 3 ? extended : fill)
  }
}
