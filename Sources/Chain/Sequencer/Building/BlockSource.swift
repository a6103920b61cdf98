import Mempool
import Transactions
import ZKsyncOS

/// A transaction that is offered to the block, with what it may take there.
struct Candidate {
  let transaction: RecoveredTransaction
  let limits: ExecutionLimits
  /// How the pool offered it; `nil` where L1 requested it.
  let offer: Offered?
  /// Whether more native than `limits` allows may be had in a trial run: nobody knows yet how long it takes.
  let isSlice: Bool
}

/// Where the transactions of a block come from, and when they end.
protocol BlockSource {
  /// The next transaction, or `nil` to seal the block. May wait.
  mutating func next(_ totals: BlockTotals) -> Candidate?
  /// What became of the candidate given last, after how many nanoseconds, in a block with these totals; false to seal the
  /// block.
  mutating func ended(
    _ candidate: Candidate, _ outcome: TransactionOutcome, nanoseconds: UInt64, _ totals: BlockTotals
  ) -> Bool
}
