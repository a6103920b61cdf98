import Concurrency
import L1Settlement
import Logging
import ProverService
import Synchronization
import Telemetry

/// Lets go of proofs that nobody needs any more, a few at a time, on a thread that stands back behind everybody else.
final class ProofPruning: Service {
  private struct State {
    var failure: ProofStoreError?
    var thread: ServiceThread?
    var isStopping = false
  }

  let name = "pruning"
  private let store: ProofStore
  private let finality: Finality
  private let kept: UInt64
  private let pruned: Counter
  private let log = Logger(label: "pruning")
  private let signal = Signal()
  private let state = Mutex(State())

  private static let interval: UInt64 = 1_000_000_000
  /// Between two slices, nanoseconds.
  private static let rest: UInt64 = 20_000_000
  private static let slice = 64

  /// - Parameter kept: of how many of the newest batches that are final the proofs stay.
  init(_ store: ProofStore, _ finality: Finality, keeping kept: UInt64, registry: MetricsRegistry) {
    self.store = store
    self.finality = finality
    self.kept = kept
    pruned = registry.counter("pruned_proofs_total", "Proofs that were let go of")
    registry.gauge("pruned_proofs_batch", "Last batch whose proof was let go of; 0 for none") {
      Double(store.prunedThrough.rawValue)
    }
  }

  func start() {
    let thread = ServiceThread(niceness: 19) { [self] in
      while !state.withLock({ $0.isStopping }) {
        let generation = signal.generation
        let count = prune()
        signal.wait(
          after: generation, until: MonotonicClock.nanoseconds + (count == Self.slice ? Self.rest : Self.interval))
      }
    }
    state.withLock { $0.thread = thread }
  }

  func stop() {
    let thread = state.withLock { state in
      state.isStopping = true
      defer { state.thread = nil }
      return state.thread
    }
    signal.notify()
    thread?.join()
  }

  var health: Health {
    state.withLock { $0.failure }.map { .degraded("proofs are not let go of: \($0)") } ?? .ready
  }

  /// Lets go of some; how many.
  private func prune() -> Int {
    do throws(ProofStoreError) {
      let count = try store.prune(finalThrough: finality.finalizedBlock ?? 0, keeping: kept, atMost: Self.slice)
      pruned.increment(by: UInt64(count))
      state.withLock { $0.failure = nil }
      return count
    } catch {
      let isFirst = state.withLock { state in
        defer { state.failure = error }
        return state.failure == nil
      }
      if isFirst { log.error("proofs are not let go of", metadata: ["error": "\(error)"]) }
      return 0
    }
  }
}
