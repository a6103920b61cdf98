import Batches
import Concurrency

/// Ends proof jobs without proving anything, so that a chain without provers flows. Off unless an operator asks for it.
///
/// Each takes all jobs that there are and ends them together, so that however long it pretends to work, and however few they
/// are, they keep up with the chain.
///
/// What it makes is kept and served as ``StoredProof/Kind/fake``, begins with a text that says so, and is not accepted
/// from outside.
public final class FakeProverPool: Sendable {
  public struct Options: Sendable {
    /// Fake provers that work at the same time; 0 for none.
    public var provers = 0
    /// How long each pretends to work on what it has taken.
    public var provingTime: Duration = .seconds(2)
    /// Younger jobs are left to real provers.
    public var minimumAge: Duration = .seconds(3)

    public init() {}
  }

  private struct State {
    var isStopping = false
  }

  public let options: Options
  private let jobs: ProofJobs
  private let notify: @Sendable (String) -> Void
  private let state = Monitor(State())
  private let threads: Monitor<[ServiceThread]> = Monitor([])

  /// - Parameter notify: hears of failures of the store, after which a prover tries again.
  public init(
    jobs: ProofJobs, options: Options, notify: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.jobs = jobs
    self.options = options
    self.notify = notify
  }

  /// What stands where a proof would be.
  public static func proof(_ number: BatchNumber) -> [UInt8] { Array("fake proof of batch \(number)".utf8) }

  public func start() {
    let started = (0..<options.provers).map { index in
      ServiceThread { [self] in run("fake_prover_\(index + 1)") }
    }
    threads.update { $0 += started }
  }

  /// Returns once all provers have ended.
  public func stop() {
    state.update { $0.isStopping = true }
    let running = threads.update { threads in
      defer { threads = [] }
      return threads
    }
    for thread in running { thread.join() }
  }

  private func run(_ prover: ProverIdentity) {
    while true {
      let numbers = jobs.takeFree(prover, minimumAge: options.minimumAge)
      guard pause(numbers.isEmpty ? .milliseconds(100) : options.provingTime) else { return }
      for number in numbers where !end(number, prover) { return }
    }
  }

  /// Ends a job, as often as the store fails at it; false where the pool stops.
  private func end(_ number: BatchNumber, _ prover: ProverIdentity) -> Bool {
    while !state.read({ $0.isStopping }) {
      do throws(ProofSubmissionError) {
        try jobs.submitFake(number, prover: prover)
        return true
      } catch {
        // A real prover may have been faster, which is as well.
        guard case .store(let failure) = error else { return true }
        notify("\(failure)")
        guard pause(.seconds(1)) else { return false }
      }
    }
    return false
  }

  /// Sleeps; false where the pool stops.
  private func pause(_ time: Duration) -> Bool {
    let deadline = MonotonicClock.nanoseconds + time.nanoseconds
    return state.wait(until: deadline) { $0.isStopping ? true : nil } == nil
  }
}
