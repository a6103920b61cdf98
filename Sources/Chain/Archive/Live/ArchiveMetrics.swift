import Telemetry

/// How far the archive is.
struct ArchiveMetrics: Sendable {
  /// The last block in it.
  let lastBlock: Gauge
  let segments: Counter
  let bytes: Counter
  let errors: Counter

  /// - Parameters:
  ///   - maxAge: seconds after which a block should be in it.
  ///   - oldest: seconds that the oldest block waits which is not.
  init(_ registry: MetricsRegistry, maxAge: Double, oldest: @escaping @Sendable () -> Double) {
    lastBlock = registry.gauge("archive_last_block", "Last block in the archive")
    segments = registry.counter("archive_segments_total", "Segments written to the archive")
    bytes = registry.counter("archive_bytes_total", "Bytes written to the archive")
    errors = registry.counter("archive_errors_total", "Tries to read or write the archive that failed")
    registry.gauge(
      "archive_oldest_block_seconds", "Time that the oldest block waits which is not in the archive", value: oldest)
    registry.gauge("archive_max_age_seconds", "Time after which a block should be in the archive") { maxAge }
  }
}
