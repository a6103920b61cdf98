/// The metrics of the node under the names that the reference node gives them, so that its dashboards go on working.
///
/// Source: zksync-os-server, the `metrics.rs` files of its crates, and `grafana_dashboard.json`. Where the dashboard asks
/// for a name that the reference no longer exports, the old name is kept beside the new one.
public struct NodeMetrics: Sendable {
  public enum Stage: String, Sendable, CaseIterable { case execute, batcher, treeManager = "tree_manager", persist }

  public enum Command: String, Sendable, CaseIterable { case produce, replay, batcher, treeManager = "tree_manager" }

  public enum ExecutionStage: String, Sendable, CaseIterable { case waitForTransaction = "wait_for_tx", execute, seal }

  public enum TimedMethod: String, Sendable, CaseIterable {
    case call, estimateGas = "estimate_gas", sendRawTransaction = "send_raw_transaction", getLogs = "get_logs"
  }

  public enum ScannedBlocks: String, Sendable, CaseIterable {
    case total, truePositive = "true_positive", falsePositive = "false_positive", negative
  }

  public enum AccessStage: String, Sendable, CaseIterable { case diff, base, total }

  /// Bounds for times from 100 ns to 1 s.
  public static let fastBounds = Histogram.exponentialBounds(from: 1e-7, factor: 2, through: 1)
  /// Bounds for times of writes to disk, from 10 µs to 5 s.
  public static let persistBounds = Histogram.exponentialBounds(from: 1e-5, factor: 2, through: 5)
  /// Bounds for times of proofs, in seconds.
  public static let proofBounds: [Double] = [0.001, 0.005, 0.025, 0.1, 0.25, 1, 5, 30, 120]

  public let registry: MetricsRegistry

  // Blocks
  private let blockNumbers: [Stage: Gauge]
  private let executedTransactions: [Command: Counter]
  private let executionStages: [ExecutionStage: Histogram]
  /// The last block that was sealed.
  public let sealedBlock: Gauge
  public let storageWritesPerBlock: Histogram
  /// Time to append a block to the replay log; the reference's name says `get`.
  public let replayLogAppend: Histogram
  public let mempoolLength: Histogram

  // JSON-RPC
  private let responseTimes: [TimedMethod: Histogram]
  private let logsScannedBlocks: [ScannedBlocks: Histogram]

  // Blocks and receipts
  /// The reference has a stage for each of the maps that it fills; here a block becomes visible at once.
  public let insertBlock: Histogram
  public let insertBlockPerTransaction: Histogram
  public let persistBlock: Histogram
  public let persistBlockPerTransaction: Histogram
  public let blockDataBytes: Histogram
  public let blockDataBytesPerTransaction: Histogram

  // State
  private let storageAccess: [AccessStage: Histogram]
  public let storageDiffsScanned: Histogram
  public let compactState: Histogram
  public let compactBatchSize: Histogram
  public let addStateDiff: Histogram
  public let preimageGet: Histogram
  public let preimageSet: Histogram

  // Tree and proofs
  public let treeEntry: Histogram
  public let treeBlock: Histogram
  public let treeProcessingRange: Histogram
  public let proverInputGeneration: Histogram
  public let batcherCurrentBlock: Gauge

  public init(_ registry: MetricsRegistry) {
    self.registry = registry
    let fast = Self.fastBounds
    let powersOfTwo = Histogram.exponentialBounds(from: 1, factor: 2, through: 1_000)
    let bytes = Histogram.exponentialBounds(from: 10, factor: 2, through: 1e7)

    func each<Label: RawRepresentable & CaseIterable & Hashable, Metric>(
      _ name: String, _ make: (MetricsRegistry.Labels) -> Metric
    ) -> [Label: Metric] where Label.RawValue == String {
      Dictionary(uniqueKeysWithValues: Label.allCases.map { ($0, make([(name, $0.rawValue)])) })
    }
    func seconds(_ name: String, _ help: String, _ labels: MetricsRegistry.Labels = []) -> Histogram {
      registry.histogram(name, help, bounds: fast, labels)
    }

    blockNumbers = each("stage") { registry.gauge("block_number", "Last block done by each stage", $0) }
    executedTransactions = each("command") {
      registry.counter("executed_transactions", "Transactions processed, by what made them run", $0)
    }
    executionStages = each("stage") {
      seconds("block_execution_stages_seconds", "Time of the stages of execution, per transaction; seal per block", $0)
    }
    sealedBlock = registry.gauge("sealed_block", "Last block that was sealed")
    storageWritesPerBlock = registry.histogram(
      "storage_writes_per_block", "Storage slots written by a block",
      bounds: Histogram.exponentialBounds(from: 1, factor: 1.7, through: 1_000))
    replayLogAppend = seconds("block_replay_storage_get_latency_seconds", "Time to append a block to the replay log")
    mempoolLength = registry.histogram(
      "mempool_len", "Transactions in the mempool when a block was begun",
      bounds: Histogram.exponentialBounds(from: 1, factor: 2, through: 100_000))

    responseTimes = each("method") { seconds("response_time_seconds", "Time to answer a JSON-RPC method", $0) }
    logsScannedBlocks = each("method") {
      registry.histogram(
        "get_logs_scanned_blocks", "Blocks looked at by a query for logs",
        bounds: Histogram.exponentialBounds(from: 1, factor: 10, through: 100_000), $0)
    }

    let total: MetricsRegistry.Labels = [("stage", "total")]
    insertBlock = seconds("repositories_insert_block_seconds", "Time to make a block visible", total)
    insertBlockPerTransaction = seconds("repositories_insert_block_per_tx_seconds", "The same per transaction")
    persistBlock = registry.histogram(
      "repositories_persist_block_seconds", "Time to write a block and its receipts", bounds: Self.persistBounds)
    persistBlockPerTransaction = registry.histogram(
      "repositories_persist_block_per_tx_seconds", "The same per transaction", bounds: Self.persistBounds)
    blockDataBytes = registry.histogram(
      "repositories_block_data_size_bytes", "Bytes written for a block and its receipts", bounds: bytes)
    blockDataBytesPerTransaction = registry.histogram(
      "repositories_block_data_size_per_tx_bytes", "The same per transaction", bounds: bytes)

    storageAccess = each("stage") { seconds("storage_view_access_seconds", "Time of a read of the state", $0) }
    storageDiffsScanned = registry.histogram(
      "storage_view_diffs_scanned", "Blocks in memory looked at by a read of the state",
      bounds: Array(stride(from: 1, through: 1_000, by: 100)))
    compactState = seconds("storage_write_compact_seconds", "Time to merge a block into the state on disk")
    compactBatchSize = registry.histogram(
      "storage_write_compact_batch_size", "Keys merged into the state on disk at once", bounds: powersOfTwo)
    addStateDiff = seconds("storage_write_add_diff_seconds", "Time to add the writes of a block to the state")
    preimageGet = seconds("preimages_get_seconds", "Time to read a preimage", total)
    preimageSet = seconds(
      "preimages_set_seconds", "Time to write a block's preimages, in one batch with its slots", total)

    treeEntry = seconds("tree_entry_time_seconds", "Time per entry to bring the tree to a block")
    treeBlock = seconds("tree_block_time_seconds", "Time to bring the tree to a block")
    treeProcessingRange = registry.histogram(
      "tree_processing_range", "Entries of a block written to the tree", bounds: powersOfTwo)
    proverInputGeneration = seconds(
      "batcher_prover_input_generation_seconds", "Time to make the prover's input",
      [("stage", "prover_input_generation")])
    batcherCurrentBlock = registry.gauge("batcher_current_block_number", "Last block that the batcher began")
    keepOldNames()
  }

  /// The dashboard still asks for names under which earlier releases of the reference exported the same values.
  private func keepOldNames() {
    let help = "The same as"
    let total: MetricsRegistry.Labels = [("stage", "total")]
    registry.share(preimageGet, "preimage_access_latency_seconds", "\(help) preimages_get_seconds")
    registry.share(compactState, "storage_map_rocks_db_compact_seconds", "\(help) storage_write_compact_seconds")
    registry.share(addStateDiff, "storage_add_diff_seconds", "\(help) storage_write_add_diff_seconds", total)
    registry.share(
      storageAccess(.diff), "storage_access_latency_seconds", "\(help) storage_view_access_seconds",
      [("stage", "diff")])
  }

  public func blockNumber(_ stage: Stage) -> Gauge { blockNumbers[stage] ?? Gauge() }

  public func executedTransactions(_ command: Command) -> Counter { executedTransactions[command] ?? Counter() }

  public func executionStage(_ stage: ExecutionStage) -> Histogram { executionStages[stage] ?? Histogram(bounds: []) }

  public func responseTime(_ method: TimedMethod) -> Histogram { responseTimes[method] ?? Histogram(bounds: []) }

  public func logsScannedBlocks(_ kind: ScannedBlocks) -> Histogram {
    logsScannedBlocks[kind] ?? Histogram(bounds: [])
  }

  public func storageAccess(_ stage: AccessStage) -> Histogram { storageAccess[stage] ?? Histogram(bounds: []) }

  /// Time from handing out a proof job to its proof, by the name that the prover gives itself.
  public func proveTime(prover: String) -> Histogram {
    registry.histogram(
      "prover_prove_time_seconds", "Time from handing out a proof job to its proof", bounds: Self.proofBounds,
      [("prover", prover)])
  }
}
