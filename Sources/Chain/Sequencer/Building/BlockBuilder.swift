import Concurrency
import Transactions
import ZKsyncOS

/// Where the transactions of a block come from, and when they end.
protocol BlockSource {
  /// The next transaction, or `nil` to seal the block. May wait.
  mutating func next(_ totals: BlockTotals) -> RecoveredTransaction?
  /// The transaction given last is not in the block; false to give the block up.
  mutating func rejected(_ transaction: RecoveredTransaction, _ reason: Rejection) -> Bool
}

/// Makes blocks from contexts, states and transactions. Belongs to one thread.
struct BlockBuilder {
  private let engine = ExecutionEngine()
  private let metrics: SequencerMetrics

  init(metrics: SequencerMetrics) { self.metrics = metrics }

  /// Executes what `source` gives. `nil` where nothing was included or the source gave up: no block is empty.
  func build(
    _ context: BlockContext, on state: any StateView, from source: inout some BlockSource
  ) throws(BlockError) -> (output: BlockOutput, transactions: [RecoveredTransaction])? {
    var executor = try BlockExecutor(context: context, state: state, engine: engine)
    var included: [RecoveredTransaction] = []
    var watch = Stopwatch()
    while let transaction = source.next(executor.totals) {
      metrics.waiting.observe(nanoseconds: watch.lap())
      let outcome = try executor.execute(transaction)
      metrics.executing.observe(nanoseconds: watch.lap())
      switch outcome {
      case .included: included.append(transaction)
      case .rejected(let reason): if !source.rejected(transaction, reason) { return nil }
      }
    }
    if included.isEmpty { return nil }
    _ = watch.lap()
    let output = try executor.seal()
    metrics.sealing.observe(nanoseconds: watch.lap())
    return (output, included)
  }
}
