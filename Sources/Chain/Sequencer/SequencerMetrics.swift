import Chain
import Mempool
import Telemetry

/// What block production takes, under the names that the reference node gives its metrics.
///
/// Source: zksync-os-server, `node/sequencer/src/execution/metrics.rs`.
public struct SequencerMetrics: Sendable {
  /// Time that the builder waits for a transaction.
  let waiting: Histogram
  let executing: Histogram
  let sealing: Histogram
  let executedTransactions: Counter
  /// The last block that was sealed.
  let sealedBlock: Gauge
  let storageWritesPerBlock: Histogram
  /// Gas and pubdata of sealed blocks.
  private let gas: Counter
  private let pubdata: Counter
  /// When the last block was sealed, in seconds since 1970.
  private let sealedAt: Gauge
  let heldBack: HeldBackTime
  /// Microseconds that went to transactions which ended up in no block.
  let unpaid: Counter
  private let seals: [SealReason: Counter]
  private let trials: (fits: Counter, refused: Counter, inconclusive: Counter)

  func sealed(_ number: UInt64, _ reason: SealReason, gas: UInt64, pubdata: Int, at time: UInt64) {
    seals[reason]?.increment()
    sealedBlock.set(number)
    self.gas.increment(by: gas)
    self.pubdata.increment(by: UInt64(pubdata))
    sealedAt.set(time)
  }

  func tried(_ outcome: TrialOutcome) {
    switch outcome {
    case .fits: trials.fits.increment()
    case .refused: trials.refused.increment()
    case .inconclusive: trials.inconclusive.increment()
    }
  }

  public init(_ registry: MetricsRegistry) {
    func stage(_ name: String) -> Histogram {
      registry.histogram(
        "block_execution_stages_seconds", "Time of the stages of execution, per transaction; seal per block",
        bounds: Histogram.fastBounds, [("stage", name)])
    }
    waiting = stage("wait_for_tx")
    executing = stage("execute")
    sealing = stage("seal")
    executedTransactions = registry.executedTransactions(command: "produce")
    sealedBlock = registry.gauge("sealed_block", "Last block that was sealed")
    storageWritesPerBlock = registry.histogram(
      "storage_writes_per_block", "Storage slots written by a block",
      bounds: Histogram.exponentialBounds(from: 1, factor: 1.7, through: 1_000))
    gas = registry.counter("sequencer_gas_total", "Gas of the transactions in sealed blocks")
    pubdata = registry.counter("sequencer_pubdata_bytes_total", "Pubdata of sealed blocks")
    sealedAt = registry.gauge("sequencer_last_block_time_seconds", "When the last block was sealed, since unix epoch")
    heldBack = HeldBackTime(registry)
    unpaid = registry.counter(
      "sequencer_unpaid_microseconds_total", "Time of block production for transactions that ended up in no block")
    seals = Dictionary(
      uniqueKeysWithValues: SealReason.all.map { reason in
        (
          reason,
          registry.counter("sequencer_sealed_total", "Blocks by why they were sealed", [("reason", reason.name)])
        )
      })
    func trial(_ outcome: String) -> Counter {
      registry.counter("sequencer_trials_total", "Trial runs beside the block, by outcome", [("outcome", outcome)])
    }
    trials = (trial("fits"), trial("refused"), trial("inconclusive"))
  }
}
