import Primitives
import Transactions

/// A transaction in the pool, with what the pool computed once on its way in. Immutable; an object, so that moving it in
/// a queue moves eight bytes.
final class PooledTransaction: Sendable {
  let recovered: RecoveredTransaction
  let signed: SignedTransaction
  /// Wei that the sender must own: gas limit × fee cap + value.
  let cost: UInt256
  /// Bytes of memory that it is charged for.
  let byteCount: Int
  /// Position in the order of arrival.
  let sequence: UInt64
  /// Milliseconds, when it came.
  let arrival: UInt64

  init(
    recovered: RecoveredTransaction, signed: SignedTransaction, cost: UInt256, byteCount: Int, sequence: UInt64,
    arrival: UInt64
  ) {
    self.recovered = recovered
    self.signed = signed
    self.cost = cost
    self.byteCount = byteCount
    self.sequence = sequence
    self.arrival = arrival
  }

  var nonce: UInt64 { signed.nonce }

  /// Wei per gas that the sequencer gets beyond the base fee; `nil` where the fee cap is below the base fee.
  func effectiveTip(baseFee: UInt256) -> UInt256? {
    guard signed.maxFeePerGas >= baseFee else { return nil }
    return min(signed.maxPriorityFeePerGas, signed.maxFeePerGas &- baseFee)
  }

  /// Whether `newer`, of the same nonce, pays enough more to take this one's place: `bump` percent on the fee cap, and
  /// on the tip where both have one.
  func isReplaceable(by newer: SignedTransaction, bump: UInt64) -> Bool {
    func raises(_ new: UInt256, _ old: UInt256) -> Bool {
      let (needed, overflow) = old.multipliedReportingOverflow(by: UInt256(100 + bump))
      if overflow { return false }
      let (offered, saturated) = new.multipliedReportingOverflow(by: 100)
      return saturated || offered >= needed
    }
    guard raises(newer.maxFeePerGas, signed.maxFeePerGas) else { return false }
    let oldTip = signed.maxPriorityFeePerGas, newTip = newer.maxPriorityFeePerGas
    return oldTip.isZero || newTip.isZero || raises(newTip, oldTip)
  }

  /// What a transaction takes in memory, nearly: the record and its arrays.
  static func byteCount(of transaction: SignedTransaction) -> Int {
    512 + transaction.input.count + 64 * transaction.accessList.items.count
      + 32 * transaction.accessList.storageKeyCount
  }
}
