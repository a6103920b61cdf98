import EVM
import Primitives
import Transactions

extension EthereumTransition {
  /// Checks everything that must hold before a transaction may run; its intrinsic gas.
  func validate(_ transaction: SignedTransaction, sender: Address) throws(TransactionRefusal) -> UInt64 {
    try checkType(transaction)
    try checkFees(transaction)
    if transaction.gasLimit > block.gasLimit { throw .gasLimitAboveBlock }
    if revision >= .shanghai, transaction.to == nil, transaction.input.count > 49_152 { throw .initCodeTooLarge }
    let intrinsicGas = IntrinsicGas(revision).of(transaction)
    if transaction.gasLimit < intrinsicGas { throw .intrinsicGasTooLow }
    let nonce = world.peekNonce(sender)
    if transaction.nonce < nonce { throw .nonceTooLow }
    if transaction.nonce > nonce { throw .nonceTooHigh }
    if nonce == .max { throw .nonceOverflow }
    if world.code(sender) != nil { throw .senderHasCode }
    try checkFunds(transaction, sender)
    return intrinsicGas
  }

  private func checkType(_ transaction: SignedTransaction) throws(TransactionRefusal) {
    let since: Revision =
      switch transaction.kind {
      case .legacy: transaction.chainID == nil ? .frontier : .spuriousDragon
      case .accessList: .berlin
      case .dynamicFee: .london
      case .blob: .cancun
      }
    if revision < since { throw .unsupportedType }
    if let chainID = transaction.chainID, chainID != block.chainID { throw .wrongChainID }
    guard transaction.kind == .blob else { return }
    if transaction.to == nil { throw .blobTransactionCreates }
    let hashes = transaction.blobVersionedHashes
    if hashes.isEmpty { throw .blobTransactionWithoutBlobs }
    if hashes.count > BlobGas.mostBlobs { throw .tooManyBlobs }
    if hashes.contains(where: { $0[0] != 1 }) { throw .unknownBlobVersion }
    if transaction.maxFeePerBlobGas < block.blobBaseFee { throw .maxFeeBelowBlobBaseFee }
  }

  private func checkFees(_ transaction: SignedTransaction) throws(TransactionRefusal) {
    guard revision >= .london else { return }
    if transaction.maxPriorityFeePerGas > transaction.maxFeePerGas { throw .priorityFeeAboveMaxFee }
    if transaction.maxFeePerGas < block.baseFee { throw .maxFeeBelowBaseFee }
  }

  /// The sender must own the most that the transaction can cost, however little it will.
  private func checkFunds(_ transaction: SignedTransaction, _ sender: Address) throws(TransactionRefusal) {
    let gas = UInt256(transaction.gasLimit).multipliedReportingOverflow(by: transaction.maxFeePerGas)
    let blobs = UInt256(BlobGas.of(transaction)).multipliedReportingOverflow(by: transaction.maxFeePerBlobGas)
    let fees = gas.partialValue.addingReportingOverflow(blobs.partialValue)
    let total = fees.partialValue.addingReportingOverflow(transaction.value)
    let overflows = gas.overflow || blobs.overflow || fees.overflow || total.overflow
    if overflows || world.peekBalance(sender) < total.partialValue { throw .insufficientFunds }
  }
}
