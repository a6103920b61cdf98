/// The machine word of the EVM: an unsigned integer of 256 bits.
///
/// Four 64-bit limbs, `l0` the least significant. Arithmetic is modulo 2^256 in the operators that begin with `&`;
/// division follows the EVM: a zero divisor gives zero. Every operation is `@inlinable`, straight-line and without
/// allocation, as the interpreter spends most of its time here.
@frozen
public struct UInt256: Sendable {
  public var l0: UInt64
  public var l1: UInt64
  public var l2: UInt64
  public var l3: UInt64

  /// The number Σ lᵢ · 2^(64·i).
  @inlinable @inline(__always)
  public init(l0: UInt64, l1: UInt64, l2: UInt64, l3: UInt64) {
    self.l0 = l0
    self.l1 = l1
    self.l2 = l2
    self.l3 = l3
  }

  @inlinable @inline(__always)
  public init(_ value: UInt64) { self.init(l0: value, l1: 0, l2: 0, l3: 0) }

  @inlinable @inline(__always)
  public init(_ value: UInt128) {
    self.init(l0: UInt64(truncatingIfNeeded: value), l1: UInt64(truncatingIfNeeded: value >> 64), l2: 0, l3: 0)
  }

  /// A number that must not be negative.
  @inlinable @inline(__always)
  public init(_ value: Int) { self.init(UInt64(value)) }

  @inlinable @inline(__always)
  public static var zero: UInt256 { UInt256(l0: 0, l1: 0, l2: 0, l3: 0) }
  @inlinable @inline(__always)
  public static var one: UInt256 { UInt256(l0: 1, l1: 0, l2: 0, l3: 0) }
  @inlinable @inline(__always)
  public static var max: UInt256 { UInt256(l0: .max, l1: .max, l2: .max, l3: .max) }

  @inlinable @inline(__always)
  public var isZero: Bool { (l0 | l1 | l2 | l3) == 0 }

  /// Whether the number is below 2^64, so that `l0` says it all.
  @inlinable @inline(__always)
  public var fitsUInt64: Bool { (l1 | l2 | l3) == 0 }

  /// The number, or 2^64 − 1 where it is larger.
  @inlinable @inline(__always)
  public var saturatedUInt64: UInt64 { fitsUInt64 ? l0 : .max }

  /// Position of the highest set bit plus one; 0 for zero.
  @inlinable
  public var bitWidth: Int {
    if l3 != 0 { return 256 - l3.leadingZeroBitCount }
    if l2 != 0 { return 192 - l2.leadingZeroBitCount }
    if l1 != 0 { return 128 - l1.leadingZeroBitCount }
    return 64 - l0.leadingZeroBitCount
  }

  /// How many bytes the number needs: 0 for zero.
  @inlinable
  public var byteWidth: Int { (bitWidth + 7) / 8 }
}

extension UInt256: ExpressibleByIntegerLiteral {
  /// A literal of any size; one that is negative or needs more than 256 bits does not compile in constant contexts and
  /// traps elsewhere.
  @inlinable
  public init(integerLiteral value: StaticBigInt) {
    precondition(value.signum() >= 0 && value.bitWidth <= 257, "the literal does not fit 256 bits")
    self.init(
      l0: UInt64(truncatingIfNeeded: value[0]), l1: UInt64(truncatingIfNeeded: value[1]),
      l2: UInt64(truncatingIfNeeded: value[2]), l3: UInt64(truncatingIfNeeded: value[3]))
  }
}

extension UInt64 {
  /// The number, where it is below 2^64.
  @inlinable @inline(__always)
  public init?(exactly value: UInt256) {
    guard value.fitsUInt64 else { return nil }
    self = value.l0
  }
}

extension Int {
  /// The number, where it is below 2^63.
  @inlinable @inline(__always)
  public init?(exactly value: UInt256) {
    guard value.fitsUInt64 else { return nil }
    self.init(exactly: value.l0)
  }
}

extension UInt128 {
  /// The number, where it is below 2^128.
  @inlinable @inline(__always)
  public init?(exactly value: UInt256) {
    guard (value.l2 | value.l3) == 0 else { return nil }
    self = UInt128(value.l1) << 64 | UInt128(value.l0)
  }
}
