import Telemetry

/// What the pool measures; ``length`` under the name of the reference node.
public struct MempoolMetrics: Sendable {
  private let executable: Gauge
  private let parked: Gauge
  private let bytes: Gauge
  private let added: Counter
  private let refusals: [RefusalKind: Counter]
  /// Executable transactions after each executed block, which is when the next one is begun.
  let length: Histogram

  public init(_ registry: MetricsRegistry) {
    executable = registry.gauge("mempool_executable", "Transactions that could be executed now")
    parked = registry.gauge("mempool_parked", "Transactions that wait for something")
    bytes = registry.gauge("mempool_bytes", "Bytes of the transactions in the mempool")
    added = registry.counter("mempool_added_total", "Transactions that the mempool has admitted")
    refusals = Dictionary(
      uniqueKeysWithValues: RefusalKind.allCases.map { kind in
        let counter = registry.counter(
          "mempool_refused_total", "Transactions that the mempool let go without a block", [("reason", kind.rawValue)])
        return (kind, counter)
      })
    length = registry.histogram(
      "mempool_len", "Transactions in the mempool when a block was begun",
      bounds: Histogram.exponentialBounds(from: 1, factor: 2, through: 100_000))
  }

  func admitted() { added.increment() }

  func refused(_ kind: RefusalKind) { refusals[kind]?.increment() }

  /// Called under the pool's lock after every change.
  func show(_ pool: PoolState) {
    executable.set(pool.executableCount)
    parked.set(pool.parkedCount)
    bytes.set(pool.byteCount)
  }
}
