import Concurrency
import Transactions
import ZKsyncOS

/// Makes blocks from contexts, states and transactions. Belongs to one thread.
struct BlockBuilder {
  private let engine: ExecutionEngine
  private let metrics: SequencerMetrics

  init(engine: ExecutionEngine, metrics: SequencerMetrics) {
    self.engine = engine
    self.metrics = metrics
  }

  /// Executes what `source` gives. `nil` where nothing was included, unless an empty block is wanted, too.
  func build(
    _ context: BlockContext, on state: any StateView, allowsEmpty: Bool = false, from source: inout some BlockSource
  ) throws(BlockError) -> (output: BlockOutput, transactions: [RecoveredTransaction], totals: BlockTotals)? {
    var executor = try BlockExecutor(context: context, state: state, engine: engine)
    var included: [RecoveredTransaction] = []
    var watch = Stopwatch()
    while let candidate = source.next(executor.totals) {
      metrics.waiting.observe(nanoseconds: watch.lap())
      let outcome = try executor.execute(candidate.transaction, within: candidate.limits)
      let nanoseconds = watch.lap()
      metrics.executing.observe(nanoseconds: nanoseconds)
      if case .included = outcome { included.append(candidate.transaction) }
      if !source.ended(candidate, outcome, nanoseconds: nanoseconds, executor.totals) { break }
    }
    if included.isEmpty, !allowsEmpty { return nil }
    _ = watch.lap()
    let totals = executor.totals
    let output = try executor.seal()
    metrics.sealing.observe(nanoseconds: watch.lap())
    return (output, included, totals)
  }
}
