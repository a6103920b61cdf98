import Telemetry

/// What the mempool's journal measures.
struct MempoolJournalMetrics: Sendable {
  let bytes: Gauge
  let off: Gauge
  let rewrites: Counter
  let admitted: Counter
  let refused: Counter
  let cut: Counter

  init(_ registry: MetricsRegistry) {
    bytes = registry.gauge("mempool_journal_bytes", "Bytes of the file with the transactions that wait")
    off = registry.gauge("mempool_journal_off", "1 while admitted transactions are not written down, as that failed")
    rewrites = registry.counter(
      "mempool_journal_rewrites_total", "Times that the journal was made anew from what waits")
    let restored = "Transactions of the journal that were given to the mempool at the start"
    admitted = registry.counter("mempool_journal_restored_total", restored, [("result", "admitted")])
    refused = registry.counter("mempool_journal_restored_total", restored, [("result", "refused")])
    cut = registry.counter(
      "mempool_journal_cut_bytes_total", "Bytes of the journal that could not be read at the start")
  }
}
