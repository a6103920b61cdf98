import Concurrency
import Synchronization
import Telemetry

/// How long block production has waited for each part that was behind, a wait that goes on included: one without an end is
/// what operators want to hear of.
final class HeldBackTime: Sendable {
  private struct State {
    /// Milliseconds of the waits that have ended, by part.
    var ended: [String: UInt64] = [:]
    /// The wait that goes on, and since when in nanoseconds of the monotonic clock.
    var current: (name: String, since: UInt64)?
  }

  private let registry: MetricsRegistry
  private let state = Mutex(State())

  init(_ registry: MetricsRegistry) {
    self.registry = registry
    // There is something to see before the first wait.
    for name in ["settlement", "l1_sender", "disk"] { show(name) }
  }

  func begin(_ name: String) {
    state.withLock { $0.current = (name, MonotonicClock.nanoseconds) }
    show(name)
  }

  func end() {
    state.withLock { state in
      guard let (name, since) = state.current else { return }
      state.ended[name, default: 0] += (MonotonicClock.nanoseconds - since) / 1_000_000
      state.current = nil
    }
  }

  private func milliseconds(_ name: String) -> UInt64 {
    state.withLock { state in
      let ended = state.ended[name] ?? 0
      guard let (current, since) = state.current, current == name else { return ended }
      return ended + (MonotonicClock.nanoseconds - since) / 1_000_000
    }
  }

  private func show(_ name: String) {
    registry.counter(
      "sequencer_held_back_milliseconds_total", "Time that block production has waited, by the part that was behind",
      [("service", name)]
    ) { [weak self] in self.map { Double($0.milliseconds(name)) } ?? 0 }
  }
}
