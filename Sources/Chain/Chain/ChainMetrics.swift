import Telemetry

/// Where the chain is, under the names that the reference node gives its metrics.
public struct ChainMetrics: Sendable {
  /// The last visible block.
  let executed: Gauge
  let replayedTransactions: Counter

  public init(_ registry: MetricsRegistry) {
    executed = registry.blockNumber(stage: "execute")
    replayedTransactions = registry.executedTransactions(command: "replay")
  }
}

extension MetricsRegistry {
  /// The last block that a stage of the node is done with.
  public func blockNumber(stage: String) -> Gauge {
    gauge("block_number", "Last block done by each stage", [("stage", stage)])
  }

  /// Transactions that a part of the node has executed or handled.
  public func executedTransactions(command: String) -> Counter {
    counter("executed_transactions", "Transactions processed, by what made them run", [("command", command)])
  }
}
