import Chain
import StateTree
import Telemetry

/// Where settlement is and what it takes, under the names that the reference node gives its metrics.
///
/// Source: zksync-os-server, `node/sequencer/src/tree_manager.rs`, `node/sequencer/src/batcher/metrics.rs`.
public struct SettlementMetrics: Sendable {
  private let treeBlockNumber: Gauge
  private let treeTransactions: Counter
  private let treeEntry: Histogram
  private let treeBlock: Histogram
  private let treeProcessingRange: Histogram
  private let currentBlock: Gauge
  private let inputGeneration: Histogram
  private let inputTransactions: Counter
  private let batchNumber: Gauge
  private let haltedBlock: Gauge

  public init(_ registry: MetricsRegistry) {
    func seconds(_ name: String, _ help: String, _ labels: MetricsRegistry.Labels = []) -> Histogram {
      registry.histogram(name, help, bounds: Histogram.fastBounds, labels)
    }
    treeBlockNumber = registry.blockNumber(stage: "tree_manager")
    treeTransactions = registry.executedTransactions(command: "tree_manager")
    treeEntry = seconds("tree_entry_time_seconds", "Time per entry to bring the tree to a block")
    treeBlock = seconds("tree_block_time_seconds", "Time to bring the tree to a block")
    treeProcessingRange = registry.histogram(
      "tree_processing_range", "Entries of a block written to the tree",
      bounds: Histogram.exponentialBounds(from: 1, factor: 2, through: 1_000))
    currentBlock = registry.gauge("batcher_current_block_number", "Last block that the batcher began")
    inputGeneration = seconds(
      "batcher_prover_input_generation_seconds", "Time to make the prover's input",
      [("stage", "prover_input_generation")])
    inputTransactions = registry.executedTransactions(command: "batcher")
    batchNumber = registry.blockNumber(stage: "batcher")
    haltedBlock = registry.gauge(
      "settlement_halted_block",
      "The block that no batch can be made of, nor of those after it; 0 while batches are made")
  }

  /// Shows from the first question on where an earlier run ended.
  func resumed(tree: UInt64, batch: UInt64) {
    treeBlockNumber.set(tree)
    batchNumber.set(batch)
    currentBlock.set(batch)
  }

  /// The tree has a block; `entries` are the slots written.
  func treeExtended(_ block: UInt64, transactions: Int, entries: Int, time: Duration) {
    treeBlockNumber.set(block)
    treeTransactions.increment(by: UInt64(transactions))
    treeBlock.observe(time)
    if entries > 0 { treeEntry.observe(time / entries) }
    treeProcessingRange.observe(Double(entries))
  }

  func inputStarted(_ block: UInt64) { currentBlock.set(block) }

  func inputMade(transactions: Int, time: Duration) {
    inputGeneration.observe(time)
    inputTransactions.increment(by: UInt64(transactions))
  }

  /// No batch is made from a block on.
  func batchesEnded(at block: UInt64) { haltedBlock.set(block) }

  func batchMade(through block: UInt64) { batchNumber.set(block) }

  /// Shows how far the tree is behind the chain, and what memory it takes.
  static func show(_ tree: StateTree, behind stream: BlockStream, in registry: MetricsRegistry) {
    registry.gauge("tree_lag_blocks", "Blocks that the chain has and the state tree has not") {
      let head = stream.head, version = tree.lastVersion
      return head > version ? Double(head - version) : 0
    }
    let help = "Memory of the state tree: pages, index, and mapped index files, which the system can take back"
    for (kind, bytes) in [
      ("pages", \.pages), ("index", \.index), ("mapped_index", \.mappedIndex),
    ] as [(String, KeyPath<StateTree.MemoryUsage, Int> & Sendable)] {
      registry.gauge("tree_memory_bytes", help, [("kind", kind)]) { Double(tree.memoryUsage[keyPath: bytes]) }
    }
  }
}
