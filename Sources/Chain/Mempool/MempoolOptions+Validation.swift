import Primitives
import Transactions

// What can be said about a transaction without the state, in the order of the reference's pool: the first breach is
// the one reported (reth `crates/transaction-pool/src/validate/eth.rs`).

extension MempoolOptions {
  /// Bytes of an encoded transaction that the state transition function takes (zksync-os `bootloader/constants.rs`).
  private static let maxEncodedBytes = 1 << 23
  /// Bytes of the encoding besides the input: head, signature, lengths, padding.
  private static let encodingOverhead = 19 * 32 + 96 + 5 * 32 + 31
  /// Bytes (EIP-3860).
  private static let maxInitCodeBytes = 49_152

  /// The L2 transaction inside, if it may enter as far as it alone tells.
  func validate(_ recovered: RecoveredTransaction) throws(MempoolError) -> (SignedTransaction, cost: UInt256) {
    guard case .signed(let transaction) = recovered.transaction else { throw .unsupportedType(0xff) }
    guard transaction.kind.existsOnZKsyncOS else { throw .unsupportedType(transaction.kind.rawValue) }
    let sender = recovered.sender
    if transaction.nonce == .max { throw .nonceHasMaxValue(sender: sender) }

    let inputLimit = min(maxInputBytes, Self.maxEncodedBytes - Self.encodingOverhead)
    if transaction.input.count > inputLimit { throw .oversizedData(size: transaction.input.count, limit: inputLimit) }
    if transaction.to == nil, transaction.input.count > Self.maxInitCodeBytes {
      throw .initCodeTooLong(size: transaction.input.count, limit: Self.maxInitCodeBytes)
    }
    if transaction.gasLimit > gasLimit {
      throw .gasLimitAboveBlock(gasLimit: transaction.gasLimit, block: gasLimit)
    }
    let feeCap = transaction.maxFeePerGas
    if transaction.maxPriorityFeePerGas > feeCap {
      throw .tipAboveFeeCap(sender: sender, tip: transaction.maxPriorityFeePerGas, feeCap: feeCap)
    }
    let (fee, feeOverflow) = feeCap.multipliedReportingOverflow(by: UInt256(transaction.gasLimit))
    if let maxFee, feeOverflow || fee > maxFee {
      throw .feeAboveCap(fee: feeOverflow ? .max : fee, cap: maxFee)
    }
    if let id = transaction.chainID, id != chainID { throw .wrongChainID(transaction: id, chain: chainID) }
    let needed = max(IntrinsicGas.shanghai.of(transaction), IntrinsicGas.calldataFloor(of: transaction.input))
    if transaction.gasLimit < needed {
      throw .intrinsicGasTooLow(gasLimit: transaction.gasLimit, needed: needed)
    }
    if feeCap < baseFee { throw .feeCapTooLow(sender: sender, feeCap: feeCap, baseFee: baseFee) }
    // The virtual machine keeps fees in 128 bits.
    if feeOverflow || fee.bitWidth > 128 { throw .neverExecutable("the maximal fee and value overflow") }
    if let refused = refusedCalls.first(where: { $0.covers(transaction) }) { throw .neverExecutable(refused.reason) }

    let (cost, costOverflow) = fee.addingReportingOverflow(transaction.value)
    return (transaction, cost: feeOverflow || costOverflow ? .max : cost)
  }
}
