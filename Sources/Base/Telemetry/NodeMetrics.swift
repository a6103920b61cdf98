/// The metrics of the node under the names that the reference node gives them, so that its dashboards go on working.
///
/// Source: zksync-os-server, the `metrics.rs` files of its crates, and `grafana_dashboard.json`. Where the dashboard asks
/// for a name that the reference no longer exports, the old name is kept beside the new one.
public struct NodeMetrics: Sendable {
  public enum Stage: String, Sendable, CaseIterable { case execute, batcher, treeManager = "tree_manager" }

  public enum Command: String, Sendable, CaseIterable { case produce, replay, batcher, treeManager = "tree_manager" }

  public enum ExecutionStage: String, Sendable, CaseIterable { case waitForTransaction = "wait_for_tx", execute, seal }

  public enum TimedMethod: String, Sendable, CaseIterable {
    case call, estimateGas = "estimate_gas", sendRawTransaction = "send_raw_transaction", getLogs = "get_logs"
  }

  public enum ScannedBlocks: String, Sendable, CaseIterable {
    case total, truePositive = "true_positive", falsePositive = "false_positive", negative
  }

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
  public let mempoolLength: Histogram

  // JSON-RPC
  private let responseTimes: [TimedMethod: Histogram]
  private let logsScannedBlocks: [ScannedBlocks: Histogram]

  // Tree and proofs
  public let treeEntry: Histogram
  public let treeBlock: Histogram
  public let treeProcessingRange: Histogram
  public let proverInputGeneration: Histogram
  public let batcherCurrentBlock: Gauge

  public init(_ registry: MetricsRegistry) {
    self.registry = registry
    let fast = Histogram.fastBounds
    let powersOfTwo = Histogram.exponentialBounds(from: 1, factor: 2, through: 1_000)

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
    mempoolLength = registry.histogram(
      "mempool_len", "Transactions in the mempool when a block was begun",
      bounds: Histogram.exponentialBounds(from: 1, factor: 2, through: 100_000))

    responseTimes = each("method") { seconds("response_time_seconds", "Time to answer a JSON-RPC method", $0) }
    logsScannedBlocks = each("method") {
      registry.histogram(
        "get_logs_scanned_blocks", "Blocks looked at by a query for logs",
        bounds: Histogram.exponentialBounds(from: 1, factor: 10, through: 100_000), $0)
    }

    treeEntry = seconds("tree_entry_time_seconds", "Time per entry to bring the tree to a block")
    treeBlock = seconds("tree_block_time_seconds", "Time to bring the tree to a block")
    treeProcessingRange = registry.histogram(
      "tree_processing_range", "Entries of a block written to the tree", bounds: powersOfTwo)
    proverInputGeneration = seconds(
      "batcher_prover_input_generation_seconds", "Time to make the prover's input",
      [("stage", "prover_input_generation")])
    batcherCurrentBlock = registry.gauge("batcher_current_block_number", "Last block that the batcher began")
  }

  public func blockNumber(_ stage: Stage) -> Gauge { blockNumbers[stage] ?? Gauge() }

  public func executedTransactions(_ command: Command) -> Counter { executedTransactions[command] ?? Counter() }

  public func executionStage(_ stage: ExecutionStage) -> Histogram { executionStages[stage] ?? Histogram(bounds: []) }

  public func responseTime(_ method: TimedMethod) -> Histogram { responseTimes[method] ?? Histogram(bounds: []) }

  public func logsScannedBlocks(_ kind: ScannedBlocks) -> Histogram {
    logsScannedBlocks[kind] ?? Histogram(bounds: [])
  }

  /// Time from handing out a proof job to its proof, by the name that the prover gives itself.
  public func proveTime(prover: String) -> Histogram {
    registry.histogram(
      "prover_prove_time_seconds", "Time from handing out a proof job to its proof", bounds: Self.proofBounds,
      [("prover", prover)])
  }
}
