import EVM
import Primitives
import Transactions

extension EthereumTransition {
  /// Gas that a transaction costs whatever it does.
  struct FixedGas {
    /// Before the first instruction.
    var intrinsic: UInt64
    /// Below this no transaction with so much calldata may come (EIP-7623).
    var floor: UInt64
  }

  /// Checks everything that must hold before a transaction may run.
  func validate(_ transaction: SignedTransaction, sender: Address) throws(TransactionRefusal) -> FixedGas {
    try checkType(transaction)
    try checkFees(transaction)
    let gas = try checkGas(transaction)
    let nonce = world.peekNonce(sender)
    if transaction.nonce < nonce { throw .nonceTooLow }
    if transaction.nonce > nonce { throw .nonceTooHigh }
    if nonce == .max { throw .nonceOverflow }
    if !options.sendersMayHaveCode, let code = world.code(sender),
      revision < .prague || Delegation.target(of: code) == nil
    {
      throw .senderHasCode
    }
    try checkFunds(transaction, sender)
    return gas
  }

  /// Checks what must hold even for a call that is no transaction.
  func validate(call transaction: SignedTransaction, sender: Address) throws(TransactionRefusal) -> FixedGas {
    try checkType(transaction)
    let gas = try checkGas(transaction)
    if world.peekBalance(sender) < transaction.value { throw .insufficientFunds }
    return gas
  }

  private func checkGas(_ transaction: SignedTransaction) throws(TransactionRefusal) -> FixedGas {
    // The meter counts in 63 bits.
    if transaction.gasLimit > min(block.gasLimit, UInt64(Int64.max)) { throw .gasLimitAboveBlock }
    if revision >= .shanghai, options.limitsCodeSize, transaction.to == nil, transaction.input.count > 49_152 {
      throw .initCodeTooLarge
    }
    let gas = FixedGas(
      intrinsic: IntrinsicGas(revision).of(transaction),
      floor: revision >= .prague ? IntrinsicGas.calldataFloor(of: transaction.input) : 0)
    if transaction.gasLimit < max(gas.intrinsic, gas.floor) { throw .intrinsicGasTooLow }
    return gas
  }

  private func checkType(_ transaction: SignedTransaction) throws(TransactionRefusal) {
    let since: Revision? =
      switch transaction.kind {
      case .legacy: transaction.chainID == nil ? .frontier : .spuriousDragon
      case .accessList: .berlin
      case .dynamicFee: .london
      case .blob: .cancun
      case .setCode: .prague
      case .typedData: nil
      }
    guard let since, revision >= since else { throw .unsupportedType }
    if let chainID = transaction.chainID, chainID != block.chainID { throw .wrongChainID }
    switch transaction.kind {
    case .legacy, .accessList, .dynamicFee, .typedData: break
    case .blob: try checkBlobs(transaction)
    case .setCode:
      if transaction.to == nil { throw .setCodeTransactionCreates }
      if transaction.authorizations.isEmpty { throw .setCodeTransactionWithoutAuthorizations }
    }
  }

  private func checkBlobs(_ transaction: SignedTransaction) throws(TransactionRefusal) {
    if transaction.to == nil { throw .blobTransactionCreates }
    let hashes = transaction.blobVersionedHashes
    if hashes.isEmpty { throw .blobTransactionWithoutBlobs }
    if hashes.count > BlobSchedule(revision).most { throw .tooManyBlobs }
    if hashes.contains(where: { $0[0] != 1 }) { throw .unknownBlobVersion }
    if transaction.maxFeePerBlobGas < blobBaseFee { throw .maxFeeBelowBlobBaseFee }
  }

  private func checkFees(_ transaction: SignedTransaction) throws(TransactionRefusal) {
    guard revision >= .london else { return }
    if transaction.maxPriorityFeePerGas > transaction.maxFeePerGas { throw .priorityFeeAboveMaxFee }
    if transaction.maxFeePerGas < block.baseFee { throw .maxFeeBelowBaseFee }
  }

  /// The sender must own the most that the transaction can cost, however little it will.
  private func checkFunds(_ transaction: SignedTransaction, _ sender: Address) throws(TransactionRefusal) {
    let gas = UInt256(transaction.gasLimit).multipliedReportingOverflow(by: transaction.maxFeePerGas)
    let blobs = UInt256(BlobSchedule.gas(of: transaction)).multipliedReportingOverflow(by: transaction.maxFeePerBlobGas)
    let fees = gas.partialValue.addingReportingOverflow(blobs.partialValue)
    let total = fees.partialValue.addingReportingOverflow(transaction.value)
    let overflows = gas.overflow || blobs.overflow || fees.overflow || total.overflow
    if overflows || world.peekBalance(sender) < total.partialValue { throw .insufficientFunds }
  }
}
