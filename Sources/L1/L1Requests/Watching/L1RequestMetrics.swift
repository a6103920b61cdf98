import Telemetry

/// How requests come from L1.
public struct L1RequestMetrics: Sendable {
  let nextID: Gauge
  let waiting: Gauge
  let waitingBytes: Gauge
  let block: Gauge
  let lag: Gauge
  /// 1 while no request is taken because one can be in no block, or is another than the one in a block.
  let isHalted: Gauge
  private let errors: [L1RequestError.Kind: Counter]

  public init(_ registry: MetricsRegistry) {
    nextID = registry.gauge("l1_watcher_next_priority_id", "Id of the request that comes next on L1")
    waiting = registry.gauge("l1_watcher_queue_length", "Requests of L1 that wait for a block")
    waitingBytes = registry.gauge("l1_watcher_queue_bytes", "Bytes of the requests of L1 that wait for a block")
    block = registry.gauge("l1_watcher_block", "Block of L1 up to which requests were read")
    lag = registry.gauge("l1_watcher_lag_blocks", "Blocks of L1 that are still to be read for requests")
    isHalted = registry.gauge("l1_watcher_halted", "1 where requests of L1 need an operator, else 0")
    errors = Dictionary(
      uniqueKeysWithValues: L1RequestError.Kind.allCases.map { kind in
        (
          kind,
          registry.counter(
            "l1_watcher_errors_total", "Failures to read requests from L1", [("kind", kind.rawValue)])
        )
      })
  }

  func failed(_ kind: L1RequestError.Kind) { errors[kind]?.increment() }
}
