import EVM
import Primitives
import Transactions

/// What a transaction may spend, from its gas limit and the prices of the block.
///
/// Source: zksync-os `basic_bootloader/src/bootloader/gas_helpers.rs`, with `unlimited_native`: the native limit is
/// 2^64 − 1, of which a transaction computes with at most 2^36; the rest is withheld for pubdata.
struct TransactionBudget {
  var meter: Meter
  var withheldNative: UInt64
  /// Native that the guest would let the transaction compute with, and the builder does not (`ExecutionLimits.native`).
  private(set) var unallowedNative: UInt64 = 0
  /// Native per byte of pubdata.
  let nativePerPubdata: UInt64

  init(
    gasLimit: UInt64, calldata: [UInt8], nativePerPubdata: UInt256, intrinsicGas: UInt64, intrinsicNative: UInt64,
    intrinsicPubdata: UInt64
  ) throws(Rejection) {
    self.nativePerPubdata = nativePerPubdata.saturatedUInt64
    let (pubdata, overflow) = self.nativePerPubdata.multipliedReportingOverflow(by: intrinsicPubdata)
    guard !overflow else { throw .hazard(.pubdataPriceOverflow) }
    let limit = UInt64.max - pubdata
    let computational = min(limit, TransactionCost.maxComputationalNative)
    withheldNative = limit - computational

    let zeros = calldata.zeroCount
    let gas =
      intrinsicGas + TransactionCost.calldataZeroByteGas * UInt64(zeros)
      + TransactionCost.calldataNonZeroByteGas * UInt64(calldata.count - zeros)
    let native = intrinsicNative + NativeCost.calldataByte * UInt64(calldata.count)
    guard native <= computational else { throw .invalid(.outOfNativeResourcesDuringValidation) }
    guard gas <= gasLimit else { throw .invalid(.outOfGasDuringValidation) }
    guard gasLimit - gas <= TransactionCost.maxBlockGasLimit else { throw .hazard(.gasLimitOverflow) }
    meter = Meter(gas: Int64(gasLimit - gas), native: computational - native)
  }

  /// Leaves the transaction at most `native` to compute with. Running out of it then means that the transaction takes
  /// more than the builder allows, not that it is out of native: only the guest's own limit has an outcome.
  mutating func allow(native: UInt64) {
    guard meter.native > native else { return }
    unallowedNative = meter.native - native
    meter.native = native
  }

  /// Whether the guest would have let the transaction go on where its meter has run out.
  var isCutShort: Bool { unallowedNative > 0 }

  /// Native that the guest would have left.
  var guestNative: UInt64 { meter.native &+ unallowedNative }

  /// Pays for pubdata, first with what the transaction may not compute with anyway.
  mutating func pay(forPubdata price: UInt64) throws(Halt) {
    let spared = min(price, unallowedNative)
    unallowedNative -= spared
    try meter.charge(native: price - spared)
  }

  /// Whether it matters how much pubdata the transaction makes. Where it is free, nobody need count it on the way.
  var chargesPubdata: Bool { nativePerPubdata != 0 }

  /// Native for `bytes` of pubdata.
  func price(of bytes: UInt64) throws(Rejection) -> UInt64 {
    let (price, overflow) = bytes.multipliedReportingOverflow(by: nativePerPubdata)
    guard !overflow else { throw .hazard(.pubdataPriceOverflow) }
    return price
  }
}

/// Native per gas times gas per pubdata; a product beyond 256 bits would abort the block.
func nativePerPubdata(_ gasPerPubdata: UInt256, _ nativePerGas: UInt256) throws(Rejection) -> UInt256 {
  guard let product = gasPerPubdata.multipliedExactly(by: nativePerGas) else { throw .hazard(.pubdataPriceOverflow) }
  return product
}

extension UInt256 {
  /// The product, or nil where it exceeds 256 bits.
  func multipliedExactly(by other: UInt256) -> UInt256? {
    if isZero || other.isZero { return .zero }
    let product = self &* other
    return product / other == self ? product : nil
  }

  /// The sum, or nil where it exceeds 256 bits.
  func addedExactly(to other: UInt256) -> UInt256? {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? nil : sum
  }

  /// The quotient rounded up; the divisor is not zero.
  func dividedRoundingUp(by divisor: UInt256) -> UInt256 {
    let quotient = self / divisor
    return quotient &* divisor == self ? quotient : quotient &+ .one
  }
}
