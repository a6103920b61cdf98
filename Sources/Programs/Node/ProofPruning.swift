import Concurrency
import L1Settlement
import Logging
import ProverService
import Synchronization
import Telemetry

/// Lets go of proofs that nobody needs any more, a few at a time, on a thread that stands back behind everybody else.
final class ProofPruning: Service {
  let name = "pruning"
  private let store: ProofStore
  private let finality: Finality
  private let kept: UInt64
  private let pruned: Counter
  private let log = Logger(label: "pruning")
  private let periodic = PeriodicThread()
  private let failure = Mutex<ProofStoreError?>(nil)

  private static let interval = Duration.seconds(1)
  /// Between two slices.
  private static let rest = Duration.milliseconds(20)
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
    periodic.start(niceness: 19) { [self] in prune() == Self.slice ? Self.rest : Self.interval }
  }

  func stop() { periodic.stop() }

  var health: Health {
    failure.withLock { $0 }.map { .degraded("proofs are not let go of: \($0)") } ?? .ready
  }

  /// Lets go of some; how many.
  private func prune() -> Int {
    do throws(ProofStoreError) {
      let count = try store.prune(finalThrough: finality.finalizedBlock ?? 0, keeping: kept, atMost: Self.slice)
      pruned.increment(by: UInt64(count))
      failure.withLock { $0 = nil }
      return count
    } catch {
      let isFirst = failure.withLock { failure in
        defer { failure = error }
        return failure == nil
      }
      if isFirst { log.error("proofs are not let go of", metadata: ["error": "\(error)"]) }
      return 0
    }
  }
}
