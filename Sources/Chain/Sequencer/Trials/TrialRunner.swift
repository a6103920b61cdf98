import Chain
import ChainStorage
import Concurrency
import EVM
import Logging
import Mempool
import Primitives
import Synchronization
import Telemetry
import Transactions
import ZKsyncOS

/// Executes transactions beside the block, to see whether and how long they run before a block takes them.
///
/// A trial run begins on the state after the newest block and leaves no trace. It costs the time of a thread that stands
/// back behind all others; which transactions need one, and in which order, is the pool's business.
final class TrialRunner: Sendable {
  /// What a trial run begins on.
  struct Base: Sendable {
    /// The newest block.
    var number: UInt64
    /// The context of a block after it.
    var context: BlockContext
  }

  private let chain: Chain
  private let pool: Mempool
  private let limits: ExecutionLimits
  private let codes: CodeCache
  private let metrics: SequencerMetrics
  private let log: ThrottledLog
  private let onOutcome: @Sendable () -> Void
  private let news = Signal()
  private let base = Mutex<Base?>(nil)
  private let isStopping = Atomic(false)

  /// - Parameter onOutcome: called after each run; a block may take what fits.
  init(
    chain: Chain, pool: Mempool, limits: ExecutionLimits, codes: CodeCache, metrics: SequencerMetrics, log: Logger,
    onOutcome: @escaping @Sendable () -> Void
  ) {
    self.chain = chain
    self.pool = pool
    self.limits = limits
    self.codes = codes
    self.metrics = metrics
    self.log = ThrottledLog(log)
    self.onOutcome = onOutcome
  }

  /// Trial runs begin on this from now on.
  func move(to base: Base) {
    self.base.withLock { $0 = base }
    news.notify()
  }

  /// There may be a transaction that needs a trial run.
  func wake() { news.notify() }

  func stop() {
    isStopping.store(true, ordering: .relaxed)
    news.notify()
  }

  /// Works until it is stopped, on the thread of the caller.
  func run() {
    let engine = ExecutionEngine(codes: codes)
    while !isStopping.load(ordering: .relaxed) {
      let generation = news.generation
      if let base = base.withLock({ $0 }), let transaction = pool.takeForTrial() {
        let outcome = execute(transaction, on: base, engine)
        metrics.tried(outcome)
        pool.endTrial(transaction.hash, outcome)
        onOutcome()
        continue
      }
      let wake = pool.nextWake.map { MonotonicClock.nanoseconds + min($0 + 1, 1 << 40) * 1_000_000 }
      news.wait(after: generation, until: wake)
    }
  }

  private func execute(_ transaction: RecoveredTransaction, on base: Base, _ engine: ExecutionEngine) -> TrialOutcome {
    var watch = Stopwatch()
    do {
      let view = try chain.storage.state.view(at: base.number)
      var executor = try BlockExecutor(context: base.context, state: view, engine: engine)
      let outcome = try executor.execute(transaction, within: limits)
      let nanoseconds = watch.lap()
      switch outcome {
      case .included: return .fits(TrialCost(nanoseconds: nanoseconds, cycles: executor.lastTransactionCycles))
      // Another block decides: something of the sender is in the one being built, or came into one just now.
      case .rejected(.invalid(.nonceTooHigh)), .rejected(.invalid(.nonceTooLow)): return .inconclusive
      case .rejected(let reason): return .refused(reason.description, nanoseconds: nanoseconds)
      case .exceeded(let resource): return .refused(resource.refusal, nanoseconds: nanoseconds)
      }
    } catch {
      // The same state is read for the block, where a failure has consequences.
      log.error("a trial run failed", reason: "\(error)")
      return .inconclusive
    }
  }
}
