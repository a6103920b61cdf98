import ChainStorage
import Telemetry

/// What the scrub has looked at and found.
struct ScrubMetrics: Sendable {
  let bytes: Counter
  let blocks: Counter
  let passes: Counter
  private let damaged: [StoreDamage.Store: Gauge]

  init(_ registry: MetricsRegistry) {
    bytes = registry.counter("scrub_read_bytes_total", "Bytes of the databases read again and found sound")
    blocks = registry.counter("scrub_blocks_total", "Stored blocks executed again and compared with what is stored")
    passes = registry.counter("scrub_passes_total", "Times that everything stored was looked at")
    damaged = Dictionary(
      uniqueKeysWithValues: StoreDamage.Store.allCases.map { store in
        let gauge = registry.gauge("scrub_damage", "1 while a store is known to be damaged", [("store", store.folder)])
        return (store, gauge)
      })
  }

  func show(_ store: StoreDamage.Store, isDamaged: Bool) { damaged[store]?.set(isDamaged ? 1 : 0) }
}
