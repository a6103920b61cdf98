import Chain
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
  /// Seconds that block production has waited for those who follow it.
  let heldBack: Counter

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
    heldBack = registry.counter(
      "sequencer_held_back_milliseconds_total", "Time that block production has waited for those who follow it")
  }
}
