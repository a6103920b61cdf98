import Primitives
import Transactions

extension PoolState {
  /// Puts a valid transaction where it belongs, or throws why there is no place for it. Returns what became executable.
  ///
  /// - Parameters:
  ///   - account: the sender's account; what the pool knows itself goes first.
  ///   - now: milliseconds.
  mutating func add(
    _ recovered: RecoveredTransaction, _ signed: SignedTransaction, cost: UInt256, account: AccountState, now: UInt64
  ) throws(MempoolError) -> [RecoveredTransaction] {
    if transaction(recovered.hash) != nil { throw .alreadyKnown }
    let known = queue(of: recovered.sender)
    let account = known?.account ?? account
    if account.isContract { throw .senderIsContract(recovered.sender) }
    let openNonce = known?.openNonce ?? account.nonce
    if signed.nonce < openNonce { throw .nonceTooLow(next: openNonce, transaction: signed.nonce) }
    if cost > account.balance { throw .insufficientFunds(balance: account.balance, cost: cost) }

    let byteCount = PooledTransaction.byteCount(of: signed)
    let old = known?[signed.nonce]
    if let old {
      guard old.isReplaceable(by: signed, bump: options.priceBump) else { throw .replacementUnderpriced }
    } else if let known, known.transactions.count >= options.maxCountPerSender {
      throw .accountLimitExceeded
    }
    if let known, known.byteCount + byteCount - (old?.byteCount ?? 0) > options.maxBytesPerSender {
      throw .accountLimitExceeded
    }

    let pooled = PooledTransaction(
      recovered: recovered, signed: signed, cost: cost, byteCount: byteCount, sequence: nextSequence(), arrival: now)
    let slot = makeSlot(recovered.sender, account)
    let baseFee = options.baseFee
    let executableBefore = slots[slot].executable
    if let replaced = change(slot, { $0.insert(pooled, baseFee: baseFee) }) {
      forget(replaced)
      refuse(replaced, .replaced(by: recovered.hash))
    }
    remember(pooled, in: slot)
    try makeRoom(for: pooled)
    if arrivals.count > 2 * count + 1024 { arrivals.compact { places[$0] != nil } }

    let queue = slots[slot]
    let start = min(executableBefore, queue.executable)
    var promoted = queue.transactions[start..<queue.executable].map(\.recovered)
    // A replacement inside the executable ones is new although their number is the same.
    if queue.index(of: pooled.nonce) < start { promoted.insert(recovered, at: 0) }
    return promoted
  }

  /// Drops the worst transactions until the pool is within its limits; throws where that is `newcomer`.
  private mutating func makeRoom(for newcomer: PooledTransaction) throws(MempoolError) {
    while count > options.maxCount || byteCount > options.maxBytes, let slot = worstSlot {
      let victim = remove(slot, at: slots[slot].transactions.count - 1)
      guard victim.sequence == newcomer.sequence else {
        refuse(victim, .evicted)
        continue
      }
      let tip = newcomer.effectiveTip(baseFee: options.baseFee) ?? .zero
      let bestOffer = bestSlot.flatMap { slots[$0].next?.effectiveTip(baseFee: options.baseFee) } ?? .zero
      throw tip < bestOffer ? .underpriced : .poolFull
    }
  }
}
