import Telemetry

/// Where L1 is.
public struct L1HeadsMetrics: Sendable {
  let head: Gauge
  let finalized: Gauge
  let reorganisations: Counter

  public init(_ registry: MetricsRegistry) {
    head = registry.gauge("l1_head_block", "Newest block of L1 that was seen")
    finalized = registry.gauge("l1_finalized_block", "Newest block of L1 that does not change any more")
    reorganisations = registry.counter("l1_reorganisations_total", "Times that L1 has replaced blocks")
  }
}
