// What a frame may still spend: gas, and the proving resource of ZKsync OS.

/// The resources of one frame.
///
/// ZKsync OS counts execution in *ergs*, 256 to a gas, and proving in *native*, one counter for the whole transaction.
/// Opcodes only charge whole gas, so the meter keeps `ergs = 256 · gas + fraction` in two fields: the interpreter works
/// on `gas` alone under both rule sets and both stay exact. Plain Ethereum leaves `fraction` 0 and `native` untouched.
///
/// Source of the order of charges: zksync-os `zk_ee/src/reference_implementations/mod.rs`.
@frozen public struct Meter: Sendable, Equatable {
  /// Whole gas left; never negative between instructions.
  public var gas: Int64
  /// Ergs beyond the whole gas, 0 … 255.
  public var fraction: UInt8
  /// Native left. One counter per transaction: it moves to the callee for the time of a call.
  public var native: UInt64

  /// A meter with that much of each; native is boundless where it is not counted.
  @inlinable public init(gas: Int64, fraction: UInt8 = 0, native: UInt64 = .max) {
    self.gas = gas
    self.fraction = fraction
    self.native = native
  }

  /// A meter with that many ergs: `gas = ergs / 256`.
  @inlinable public init(ergs: UInt64, native: UInt64) {
    self.init(gas: Int64(ergs >> 8), fraction: UInt8(truncatingIfNeeded: ergs), native: native)
  }

  /// Gas and fraction together in units of 1/256 gas. Meaningful while `gas < 2^56`, as in every ZKsync OS transaction.
  @inlinable public var ergs: UInt64 {
    get { UInt64(bitPattern: gas) &<< 8 | UInt64(fraction) }
    set {
      gas = Int64(newValue >> 8)
      fraction = UInt8(truncatingIfNeeded: newValue)
    }
  }

  /// Charges both resources, native first; native stays charged when gas is short.
  ///
  /// - Throws: `.outOfNative` (native and, where short, gas are then 0) or `.outOfGas` (gas and fraction are then 0).
  @inlinable public mutating func charge(gas cost: Int64, native nativeCost: UInt64 = 0) throws(Halt) {
    if native < nativeCost {
      native = 0
      gas = cost > gas ? 0 : gas &- cost
      throw .outOfNative
    }
    native &-= nativeCost
    if gas < cost {
      exhaustGas()
      throw .outOfGas
    }
    gas &-= cost
  }

  /// Charges native alone.
  @inlinable public mutating func charge(native cost: UInt64) throws(Halt) {
    try charge(gas: 0, native: cost)
  }

  /// Charges ergs that need not be whole gas, after native.
  @inlinable public mutating func charge(ergs cost: UInt64, native nativeCost: UInt64 = 0) throws(Halt) {
    if native < nativeCost {
      native = 0
      ergs = cost > ergs ? 0 : ergs &- cost
      throw .outOfNative
    }
    native &-= nativeCost
    if ergs < cost {
      exhaustGas()
      throw .outOfGas
    }
    ergs &-= cost
  }

  /// Consumes all gas; native stays.
  @inlinable public mutating func exhaustGas() {
    gas = 0
    fraction = 0
  }

  /// The most that a callee may get: all but one 64th of the whole gas (EIP-150). The fraction goes to the callee.
  @inlinable public var forwardable: Meter {
    Meter(gas: gas &- gas / 64, fraction: fraction, native: native)
  }

  /// Splits off the meter of a callee: at most `request` gas, at most ``forwardable``, and all native.
  @inlinable public mutating func forward(atMost request: UInt64) -> Meter {
    var callee = forwardable
    if request <= UInt64(bitPattern: callee.gas) {
      callee.gas = Int64(bitPattern: request)
      callee.fraction = 0
    } else {
      fraction = 0
    }
    gas &-= callee.gas
    native = 0
    return callee
  }

  /// Adds back what a callee left: gas and native.
  @inlinable public mutating func reclaim(_ callee: Meter) {
    let sum = UInt16(fraction) &+ UInt16(callee.fraction)
    gas &+= callee.gas &+ Int64(sum >> 8)
    fraction = UInt8(truncatingIfNeeded: sum)
    native &+= callee.native
  }
}
