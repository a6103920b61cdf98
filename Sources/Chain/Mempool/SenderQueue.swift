import Primitives
import Transactions

/// The transactions of one sender in nonce order, and how many of them can be executed one after the other.
///
/// The first `taken` are in the block that is being built; the first `executable` have no gap before them, can all be
/// paid together, and offer the base fee. The rest is parked.
struct SenderQueue {
  let sender: Address
  /// The account after the newest executed block.
  private(set) var account: AccountState
  /// Ascending by nonce. Insertion moves what stands behind, at most a few kilobytes under the limit per sender.
  private(set) var transactions: [PooledTransaction] = []
  private(set) var executable = 0
  /// Wei that the executable ones cost together.
  private var executableCost: UInt256 = .zero
  private(set) var taken = 0
  /// Not offered any more until the next block.
  private(set) var isSkipped = false
  private(set) var byteCount = 0

  init(_ sender: Address, _ account: AccountState) {
    self.sender = sender
    self.account = account
  }

  var isEmpty: Bool { transactions.isEmpty }
  /// The nonce after the executable ones.
  var pendingNonce: UInt64 { account.nonce + UInt64(executable) }
  /// The nonce of the first transaction that is not in the block being built.
  var openNonce: UInt64 { account.nonce + UInt64(taken) }
  /// What the sender offers next to the block being built.
  var next: PooledTransaction? { !isSkipped && taken < executable ? transactions[taken] : nil }
  /// What goes first when room is needed; `nil` where everything is in the block being built.
  var tail: (transaction: PooledTransaction, isExecutable: Bool)? {
    guard transactions.count > taken, let last = transactions.last else { return nil }
    return (last, executable == transactions.count)
  }

  /// The index of the first transaction whose nonce is not below `nonce`.
  func index(of nonce: UInt64) -> Int {
    var low = 0, high = transactions.count
    while low < high {
      let middle = (low + high) / 2
      if transactions[middle].nonce < nonce { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The transaction with this nonce.
  subscript(nonce: UInt64) -> PooledTransaction? {
    let index = index(of: nonce)
    return index < transactions.count && transactions[index].nonce == nonce ? transactions[index] : nil
  }

  /// Puts a transaction in and returns the one whose place it takes.
  mutating func insert(_ transaction: PooledTransaction, baseFee: UInt256) -> PooledTransaction? {
    let index = index(of: transaction.nonce)
    var replaced: PooledTransaction?
    if index < transactions.count, transactions[index].nonce == transaction.nonce {
      replaced = transactions[index]
      shrink(to: index)
      transactions[index] = transaction
    } else {
      transactions.insert(transaction, at: index)
    }
    byteCount += transaction.byteCount - (replaced?.byteCount ?? 0)
    extend(baseFee: baseFee)
    return replaced
  }

  /// Takes the transaction at `index` out; those behind it are parked.
  mutating func remove(at index: Int) -> PooledTransaction {
    shrink(to: index)
    let removed = transactions.remove(at: index)
    byteCount -= removed.byteCount
    if index < taken { taken -= 1 }
    return removed
  }

  /// The account after another block: removes what the block used up, which is returned, and finds anew what is
  /// executable.
  mutating func advance(to account: AccountState, baseFee: UInt256) -> [PooledTransaction] {
    let used = index(of: account.nonce)
    let removed = Array(transactions[..<used])
    transactions.removeFirst(used)
    for transaction in removed { byteCount -= transaction.byteCount }
    taken = 0
    isSkipped = false
    if account.nonce < self.account.nonce {
      executable = 0
      executableCost = .zero
    } else {
      // What was executable behind the used ones still is, as far as the new balance pays for it.
      for transaction in removed.prefix(executable) { executableCost = executableCost &- transaction.cost }
      executable = max(0, executable - used)
    }
    self.account = account
    while executableCost > account.balance { shrink(to: executable - 1) }
    extend(baseFee: baseFee)
    return removed
  }

  /// Finds anew what is executable, for another base fee.
  mutating func reconsider(baseFee: UInt256) {
    executable = 0
    executableCost = .zero
    extend(baseFee: baseFee)
  }

  /// The next transaction goes into the block being built.
  mutating func take() { taken += 1 }

  /// The last transaction taken does not go into the block after all, unless it is taken again.
  mutating func untake() { taken -= 1 }

  /// Offers nothing more until the next block.
  mutating func skip() { isSkipped = true }

  /// The last transaction taken does not go into the block after all, and neither does anything else of the sender.
  mutating func putBack() {
    taken -= 1
    isSkipped = true
  }

  /// Nothing of the sender is in a block that is being built.
  mutating func reset() {
    taken = 0
    isSkipped = false
  }

  private mutating func extend(baseFee: UInt256) {
    while executable < transactions.count {
      let transaction = transactions[executable]
      guard transaction.nonce == account.nonce + UInt64(executable), transaction.signed.maxFeePerGas >= baseFee else {
        return
      }
      let (cost, overflow) = executableCost.addingReportingOverflow(transaction.cost)
      guard !overflow, cost <= account.balance else { return }
      executableCost = cost
      executable += 1
    }
  }

  private mutating func shrink(to count: Int) {
    while executable > count {
      executable -= 1
      executableCost = executableCost &- transactions[executable].cost
    }
  }
}
