/// The metrics of the node under the names that the reference node gives them, so that its dashboards go on working.
///
/// Source: zksync-os-server, the `metrics.rs` files of its crates, and `grafana_dashboard.json`. Where the dashboard asks
/// for a name that the reference no longer exports, the old name is kept beside the new one.
public struct NodeMetrics: Sendable {
  public enum TimedMethod: String, Sendable, CaseIterable {
    case call, estimateGas = "estimate_gas", sendRawTransaction = "send_raw_transaction", getLogs = "get_logs"
  }

  public enum ScannedBlocks: String, Sendable, CaseIterable {
    case total, truePositive = "true_positive", falsePositive = "false_positive", negative
  }

  public let registry: MetricsRegistry

  // JSON-RPC
  private let responseTimes: [TimedMethod: Histogram]
  private let logsScannedBlocks: [ScannedBlocks: Histogram]

  public init(_ registry: MetricsRegistry) {
    self.registry = registry
    let fast = Histogram.fastBounds

    func each<Label: RawRepresentable & CaseIterable & Hashable, Metric>(
      _ name: String, _ make: (MetricsRegistry.Labels) -> Metric
    ) -> [Label: Metric] where Label.RawValue == String {
      Dictionary(uniqueKeysWithValues: Label.allCases.map { ($0, make([(name, $0.rawValue)])) })
    }
    func seconds(_ name: String, _ help: String, _ labels: MetricsRegistry.Labels = []) -> Histogram {
      registry.histogram(name, help, bounds: fast, labels)
    }

    responseTimes = each("method") { seconds("response_time_seconds", "Time to answer a JSON-RPC method", $0) }
    logsScannedBlocks = each("method") {
      registry.histogram(
        "get_logs_scanned_blocks", "Blocks looked at by a query for logs",
        bounds: Histogram.exponentialBounds(from: 1, factor: 10, through: 100_000), $0)
    }

  }

  public func responseTime(_ method: TimedMethod) -> Histogram { responseTimes[method] ?? Histogram(bounds: []) }

  public func logsScannedBlocks(_ kind: ScannedBlocks) -> Histogram {
    logsScannedBlocks[kind] ?? Histogram(bounds: [])
  }
}
