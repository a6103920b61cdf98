// Transactions on their way into the pool.

import Cryptography
import Ethereum
import Primitives
import Transactions

extension DevelopmentChain {
  /// Takes a signed transaction into the pool; its hash.
  func submit(envelope: [UInt8]) throws(PoolRefusal) -> Bytes32 {
    let recovered: RecoveredTransaction
    do throws(PoolRefusal) { recovered = try self.recovered(envelope) } catch {
      tell(ofSubmission: Keccak256.hash(envelope), error)
      throw error
    }
    return try submit(recovered)
  }

  private func recovered(_ envelope: [UInt8]) throws(PoolRefusal) -> RecoveredTransaction {
    guard envelope.count <= options.pool.transactionBytes else { throw .tooLarge(limit: options.pool.transactionBytes) }
    // It comes with its blobs around it, which nobody reads.
    if envelope.first == SignedTransaction.Kind.blob.rawValue { throw .blobsUnsupported }
    let signed: SignedTransaction
    do throws(TransactionError) { signed = try SignedTransaction(envelope: envelope) } catch {
      throw .malformed(error.description)
    }
    // Before the signature is looked at, which costs more.
    if signed.chainID == nil, !options.allowsUnprotected { throw .notProtected }
    do throws(TransactionError) { return try RecoveredTransaction(.signed(signed)) } catch {
      throw .malformed(error.description)
    }
  }

  /// Takes a transaction into the pool whose sender is known, by its signature or because somebody says so.
  func submit(_ transaction: RecoveredTransaction) throws(PoolRefusal) -> Bytes32 {
    do throws(PoolRefusal) { return try admit(transaction) } catch {
      tell(ofSubmission: transaction.hash, error)
      throw error
    }
  }

  private func tell(ofSubmission hash: Bytes32, _ reason: PoolRefusal) {
    listeners.withLock { $0.onRefusedSubmission }.forEach { $0(hash, reason) }
  }

  private func admit(_ transaction: RecoveredTransaction) throws(PoolRefusal) -> Bytes32 {
    guard case .signed(let signed) = transaction.transaction else { throw .malformed("not an Ethereum transaction") }
    let (settings, head, state) = published.withLock { ($0.settings, $0.history.head, $0.history.headState) }
    try check(signed, of: state.account(transaction.sender), settings, after: head.header)
    let replaced = try pool.withLock { (pool) throws(PoolRefusal) in
      try pool.insert(transaction, signed)
    }
    if let replaced { tell(of: replaced, .replaced) }
    let isReady = pool.withLock {
      $0.nextNonce(of: transaction.sender, account: state.nonce(of: transaction.sender)) > signed.nonce
    }
    if isReady { listeners.withLock { $0.onExecutable }.forEach { $0([transaction]) } }
    return transaction.hash
  }

  /// What can be said before its turn has come.
  private func check(
    _ transaction: SignedTransaction, of sender: StateAccount?, _ settings: ChainSettings, after parent: BlockHeader
  ) throws(PoolRefusal) {
    if transaction.kind == .blob { throw .blobsUnsupported }
    if transaction.kind == .typedData {
      throw .malformed(TransactionError.unsupportedType(transaction.kind.rawValue).description)
    }
    if let chainID = transaction.chainID, chainID != settings.chainID {
      throw .wrongChainID(chain: settings.chainID, transaction: chainID)
    }
    if transaction.gasLimit > settings.gasLimit { throw .gasLimitTooHigh(block: settings.gasLimit) }
    if transaction.maxPriorityFeePerGas > transaction.maxFeePerGas {
      throw .tipAboveCap(tip: transaction.maxPriorityFeePerGas, cap: transaction.maxFeePerGas)
    }
    let revision = identity.hardfork.revision
    if transaction.gasLimit < IntrinsicGas(revision).of(transaction) { throw .intrinsicGasTooLow }
    if revision >= .prague, transaction.gasLimit < IntrinsicGas.calldataFloor(of: transaction.input) {
      throw .floorGasTooLow
    }
    let nonce = sender?.nonce ?? 0
    if transaction.nonce < nonce { throw .nonceTooLow(account: nonce, transaction: transaction.nonce) }
    // EIP-2681: no account gets past it.
    if transaction.nonce == .max { throw .nonceMax }
    let baseFee = baseFee(settings, after: parent)
    if transaction.maxFeePerGas < UInt256(baseFee) {
      throw .belowBaseFee(cap: transaction.maxFeePerGas, baseFee: baseFee)
    }
    if transaction.maxPriorityFeePerGas < UInt256(settings.minGasPrice) {
      throw .tipTooLow(minimum: settings.minGasPrice)
    }
    let fees = UInt256(transaction.gasLimit).multipliedReportingOverflow(by: transaction.maxFeePerGas)
    let cost = fees.partialValue.addingReportingOverflow(transaction.value)
    let balance = sender?.balance ?? .zero
    if fees.overflow || cost.overflow || balance < cost.partialValue {
      throw .insufficientFunds(has: balance, needs: fees.overflow || cost.overflow ? .max : cost.partialValue)
    }
  }

  // MARK: Forgetting

  /// Forgets a transaction that waits; false where none of this hash does.
  func dropTransaction(_ hash: Bytes32) -> Bool {
    guard let dropped = pool.withLock({ $0.remove(hash) }) else { return false }
    tell(of: dropped, .dropped)
    return true
  }

  /// Forgets what waits, of one sender or of all.
  func dropTransactions(of sender: Address?) {
    let dropped = pool.withLock { pool in
      if let sender { pool.removeAll(of: sender) } else { pool.removeAll() }
    }
    for pooled in dropped { tell(of: pooled, .dropped) }
  }
}
