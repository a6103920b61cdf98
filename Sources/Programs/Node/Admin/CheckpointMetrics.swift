import Concurrency
import Telemetry

/// What was made of checkpoints.
struct CheckpointMetrics: Sendable {
  private let made: Counter
  private let failures: Counter
  private let block: Gauge
  private let bytes: Gauge
  private let seconds: Gauge
  private let time: Gauge

  init(_ registry: MetricsRegistry) {
    let help = "Checkpoints of the running node, by what became of them"
    made = registry.counter("checkpoints_total", help, [("outcome", "made")])
    failures = registry.counter("checkpoints_total", help, [("outcome", "failed")])
    block = registry.gauge("checkpoint_block", "Last block of the newest checkpoint that this process made")
    bytes = registry.gauge("checkpoint_bytes", "Bytes of its files, those that are linked included")
    seconds = registry.gauge("checkpoint_seconds", "How long it took")
    time = registry.gauge("checkpoint_timestamp_seconds", "When it was done, in seconds since 1970; 0 for none")
  }

  func made(block: UInt64, bytes: UInt64, milliseconds: UInt64) {
    made.increment()
    self.block.set(block)
    self.bytes.set(bytes)
    seconds.set(Double(milliseconds) / 1000)
    time.set(CalendarClock.nanoseconds / 1_000_000_000)
  }

  func failed() { failures.increment() }
}
