import Primitives
import Transactions

/// A transaction that waits for a block.
struct PooledTransaction: Sendable {
  let transaction: RecoveredTransaction
  let signed: SignedTransaction
  /// Counts up: of equal tips the older goes first.
  let arrival: UInt64
  /// Bytes of its envelope.
  let size: Int

  var sender: Address { transaction.sender }
  var nonce: UInt64 { signed.nonce }
  var hash: Bytes32 { transaction.hash }

  /// What a miner gets per gas in a block with `baseFee`; `nil` where the transaction does not pay the base fee.
  func tip(baseFee: UInt64) -> UInt256? {
    let base = UInt256(baseFee)
    guard signed.maxFeePerGas >= base else { return nil }
    return min(signed.maxPriorityFeePerGas, signed.maxFeePerGas &- base)
  }
}

/// The transactions that wait, by sender and nonce, within a bound on their number and bytes.
///
/// It knows no state: whoever adds a transaction or asks for the next says what the nonces of accounts are.
struct TransactionPool: Sendable {
  struct Limits: Sendable {
    var count = 16_384
    var countPerAccount = 1_024
    var bytes = 256 << 20
    /// Bytes of one transaction: what geth's pool takes (`txMaxSize`), and a commit of a batch stays below.
    var transactionBytes = 131_072
  }

  let limits: Limits
  private var bySender: [Address: [UInt64: PooledTransaction]] = [:]
  private var byHash: [Bytes32: (sender: Address, nonce: UInt64)] = [:]
  private(set) var bytes = 0
  private var arrivals: UInt64 = 0
  /// Another number whenever the content is another.
  private(set) var version: UInt64 = 0

  init(limits: Limits = Limits()) { self.limits = limits }

  var count: Int { byHash.count }
  var isEmpty: Bool { byHash.isEmpty }

  func transaction(_ hash: Bytes32) -> PooledTransaction? {
    byHash[hash].flatMap { bySender[$0.sender]?[$0.nonce] }
  }

  func transaction(of sender: Address, nonce: UInt64) -> PooledTransaction? { bySender[sender]?[nonce] }

  /// All of them: senders in the order of their addresses, nonces ascending.
  var all: [PooledTransaction] {
    bySender.sorted { $0.key < $1.key }.flatMap { $0.value.values.sorted { $0.nonce < $1.nonce } }
  }

  /// The nonce after those of `sender` that follow one another from the account's on.
  func nextNonce(of sender: Address, account: UInt64) -> UInt64 {
    guard let waiting = bySender[sender] else { return account }
    var nonce = account
    while waiting[nonce] != nil { nonce += 1 }
    return nonce
  }

  /// Transactions that could be executed one after the other, and those that wait for an earlier nonce.
  func counts(nonceOf: (Address) -> UInt64) -> (pending: Int, queued: Int) {
    var pending = 0
    for (sender, waiting) in bySender {
      let account = nonceOf(sender)
      pending += min(waiting.count, Int(nextNonce(of: sender, account: account) - account))
    }
    return (pending, count - pending)
  }

  /// Takes a transaction in; the one that it replaces.
  mutating func insert(_ transaction: RecoveredTransaction, _ signed: SignedTransaction) throws(PoolRefusal)
    -> PooledTransaction?
  {
    if byHash[transaction.hash] != nil { throw .alreadyKnown }
    let size = signed.envelope.count
    guard size <= limits.transactionBytes else { throw .tooLarge(limit: limits.transactionBytes) }
    let previous = bySender[transaction.sender]?[signed.nonce]
    if let previous {
      guard signed.outbids(previous.signed) else { throw .replacementUnderpriced }
    } else {
      guard count < limits.count else { throw .full }
      guard bySender[transaction.sender]?.count ?? 0 < limits.countPerAccount else { throw .accountFull }
    }
    guard bytes - (previous?.size ?? 0) + size <= limits.bytes else { throw .full }
    if let previous { remove(previous.hash) }
    arrivals += 1
    version += 1
    let pooled = PooledTransaction(transaction: transaction, signed: signed, arrival: arrivals, size: size)
    bySender[transaction.sender, default: [:]][signed.nonce] = pooled
    byHash[transaction.hash] = (transaction.sender, signed.nonce)
    bytes += size
    return previous
  }

  @discardableResult
  mutating func remove(_ hash: Bytes32) -> PooledTransaction? {
    guard let (sender, nonce) = byHash.removeValue(forKey: hash),
      let removed = bySender[sender]?.removeValue(forKey: nonce)
    else { return nil }
    if bySender[sender]?.isEmpty == true { bySender[sender] = nil }
    bytes -= removed.size
    version += 1
    return removed
  }

  /// Forgets those of one sender; they are handed out.
  mutating func removeAll(of sender: Address) -> [PooledTransaction] {
    (bySender[sender] ?? [:]).values.compactMap { remove($0.hash) }
  }

  mutating func removeAll() -> [PooledTransaction] {
    defer { (bySender, byHash, bytes, version) = ([:], [:], 0, version + 1) }
    return all
  }

  /// Forgets what the accounts have gone past, and where `baseFee` is given, what does not pay it.
  mutating func prune(nonceOf: (Address) -> UInt64, baseFee: UInt64?) -> [PooledTransaction] {
    var underpriced: [PooledTransaction] = []
    for (sender, waiting) in bySender {
      let account = nonceOf(sender)
      for (nonce, pooled) in waiting {
        if nonce < account {
          remove(pooled.hash)
        } else if let baseFee, pooled.tip(baseFee: baseFee) == nil {
          remove(pooled.hash)
          underpriced.append(pooled)
        }
      }
    }
    return underpriced
  }

  /// The one whose turn it is: of each sender the next nonce, of those the highest tip, of those the oldest.
  func next(
    baseFee: UInt64, gas: UInt64, nonceOf: (Address) -> UInt64, skipping: Set<Address> = []
  ) -> PooledTransaction? {
    var best: (pooled: PooledTransaction, tip: UInt256)?
    for (sender, waiting) in bySender where !skipping.contains(sender) {
      guard let pooled = waiting[nonceOf(sender)], pooled.signed.gasLimit <= gas,
        let tip = pooled.tip(baseFee: baseFee)
      else { continue }
      if let best, (best.tip, pooled.arrival) > (tip, best.pooled.arrival) { continue }
      best = (pooled, tip)
    }
    return best?.pooled
  }
}

extension SignedTransaction {
  /// Whether it pays a tenth more than `other` on both counts, as a replacement must.
  fileprivate func outbids(_ other: SignedTransaction) -> Bool {
    func raised(_ fee: UInt256) -> UInt256 {
      let tenth = (fee &+ 9) / 10
      let sum = fee.addingReportingOverflow(tenth)
      return sum.overflow ? .max : sum.partialValue
    }
    return maxFeePerGas >= raised(other.maxFeePerGas) && maxPriorityFeePerGas >= raised(other.maxPriorityFeePerGas)
  }
}
