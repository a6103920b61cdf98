import Batches
import Concurrency
import Synchronization

/// Verifies, after a start with a verifier, the proofs that were stored without one: one by one, on a thread that stands
/// back behind all others. A proof that does not hold is put away, and its batch waits for a prover again.
final class StoredProofCheck: Sendable {
  /// How far it is.
  struct Progress: Sendable {
    /// Whether it still looks.
    var isRunning = false
    /// The batch that it looks at, or looked at last.
    var batch = BatchNumber.genesis
    var verified = 0
    /// Batches that wait for a prover again.
    var reopened = 0
    /// Batches whose proof does not hold, and whose input is not kept: they cannot be proved again.
    var lost: [BatchNumber] = []
    /// Why it has stopped early.
    var failure: String?
  }

  /// Batches without input whose numbers are remembered.
  private static let lostLimit = 16

  private let jobs: ProofJobs
  private let finished: @Sendable (Progress) -> Void
  private let state = Mutex(Progress())
  private let cancellation = Cancellation()
  private let thread = Mutex<ServiceThread?>(nil)

  /// - Parameter finished: hears, on the thread of the check, what came of it where there was anything to do.
  init(_ jobs: ProofJobs, finished: @escaping @Sendable (Progress) -> Void) {
    self.jobs = jobs
    self.finished = finished
  }

  var progress: Progress { state.withLock { $0 } }

  /// Begins, where there is a verifier that can tell.
  func start() {
    guard jobs.storesVerifiedProofs else { return }
    state.withLock { $0.isRunning = true }
    thread.withLock { $0 = ServiceThread(niceness: 19) { [self] in run() } }
  }

  /// Ends it, between two proofs or within one. What is not done is done after the next start.
  func stop() {
    cancellation.cancel(.shutdown)
    thread.withLock { $0 }?.join()
  }

  private func run() {
    do throws(ProofStoreError) { try checkAll() } catch { state.withLock { $0.failure = "\(error)" } }
    let progress = state.withLock { progress in
      progress.isRunning = false
      return progress
    }
    if !cancellation.isCancelled, progress.batch > .genesis || progress.failure != nil { finished(progress) }
  }

  private func checkAll() throws(ProofStoreError) {
    // What cannot be mended is looked at again after each start.
    var isBehindLost = false
    var last = try jobs.store.checkedThrough()
    while !cancellation.isCancelled, let number = try jobs.store.firstUnverified(from: last.next) {
      state.withLock { $0.batch = number }
      guard let outcome = try jobs.verifyStored(number, cancellation) else { return }
      state.withLock { progress in
        switch outcome {
        case .verified: progress.verified += 1
        case .reopened: progress.reopened += 1
        case .lost: if progress.lost.count < Self.lostLimit { progress.lost.append(number) }
        case .gone: break
        }
      }
      isBehindLost = isBehindLost || outcome == .lost
      last = number
      if !isBehindLost { try jobs.store.recordChecked(through: number) }
    }
  }
}
