import Batches
import HTTP
import Logging
import NIOPosix
import Telemetry

/// What gets batches proved: the store of batches and proofs, the jobs, the HTTP interface of provers, and fake provers
/// where an operator asks for them. It counts and logs what happens to the jobs, and verifies what was stored without a
/// verifier.
///
/// Settlement adds batches to ``jobs``; whoever runs the service starts an HTTP server with ``service`` and ``limits``.
public final class ProverService: Service {
  public struct Options: Sendable {
    public var jobs = ProofJobs.Options()
    public var fakes = FakeProverPool.Options()
    public var submissions = SubmissionQueue.Limits()
    /// Decides about proofs.
    public var verifier: any ProofVerifier = FRIProofVerifier()
    /// Whether provers reach the HTTP interface.
    public var isServed = true
    /// What provers must show to the HTTP interface; `nil` where it is open to whoever reaches it.
    public var token: String?
    /// Bytes of prover inputs kept for batches whose proof nobody has verified.
    public var maxKeptInputBytes = 10 << 30
    /// Where refused proofs are kept; `nil` for nowhere.
    public var refusedFolder: String?
    public var refusedLimits = RefusedProofs.Limits()
    /// Bytes of a request to the HTTP interface.
    public var bodyBytes = ProverAPI.defaultBodyLimit
    /// Threads that read and write the store for the HTTP interface.
    public var threads = 2

    public init() {}
  }

  public let name = "provers"
  public let jobs: ProofJobs
  private let options: Options
  private let fakes: FakeProverPool
  private let threads: NIOThreadPool
  private let submissions: SubmissionQueue
  private let check: StoredProofCheck
  private let metrics: ProverServiceMetrics
  private let log: Logger

  /// Opens or creates the store in the directory `path`, and finds the jobs of earlier runs there.
  public init(
    path: String, options: Options = Options(), metrics: ProverServiceMetrics,
    log: Logger = Logger(label: "prover")
  ) throws(ProofStoreError) {
    self.options = options
    self.metrics = metrics
    self.log = log
    let throttled = ThrottledLog(log, interval: .seconds(60))
    jobs = try ProofJobs(
      store: try ProofStore(path: path, maxKeptBytes: options.maxKeptInputBytes), verifier: options.verifier,
      refusals: options.refusedFolder.map { RefusedProofs(folder: $0, limits: options.refusedLimits) },
      options: options.jobs, notify: { Self.report($0, metrics, log, throttled) })
    fakes = FakeProverPool(jobs: jobs, options: options.fakes) { reason in
      log.error("a fake prover tries again", metadata: ["error": "\(reason)"])
    }
    threads = NIOThreadPool(numberOfThreads: options.threads)
    submissions = SubmissionQueue(limits: options.submissions)
    metrics.watch(submissions)
    metrics.watch(jobs)
    check = StoredProofCheck(jobs) { Self.report($0, log) }
  }

  /// Answers the HTTP interface, once ``start()`` was called.
  public var service: any HTTPService {
    let metrics = metrics
    let router = ProverAPI(jobs: jobs, threads: threads, submissions: submissions) { metrics.busy.increment() }.router
    guard let token = options.token else { return router }
    return TokenGate(router, token: token, refusal: "the prover API needs the token of prover_api_token")
  }

  /// What the server of ``service`` should allow.
  public var limits: HTTPServer.Limits { ProverAPI.limits(bodyBytes: options.bodyBytes) }

  public func start() {
    threads.start()
    submissions.start()
    fakes.start()
    check.start()
  }

  /// Ends the fake provers and the threads, gives up what is being verified, and lets nobody wait for room among the jobs
  /// any more. The server of ``service`` has ended before. Returns once everything has.
  public func stop() {
    jobs.close()
    submissions.stop()
    check.stop()
    fakes.stop()
    do { try threads.syncShutdownGracefully() } catch {
      log.warning("the threads of the prover API do not end", metadata: ["error": "\(error)"])
    }
  }

  /// Restricted while no further batch is taken in, while proofs are stored that nobody verifies, and while those of such
  /// a time are not verified.
  public var health: Health {
    var notes: [String] = []
    let waiting = jobs.unprovedCount
    if waiting >= options.jobs.maxUnproved {
      notes.append("\(waiting) batches wait for a proof; no further one is taken in")
    }
    if options.isServed, !jobs.storesVerifiedProofs {
      notes.append("proofs are stored unverified: there is no prover_api_verifier_image")
    }
    let progress = check.progress
    if progress.isRunning, progress.batch > .genesis {
      notes.append(
        "stored proofs are verified: at batch \(progress.batch), \(progress.verified) hold, \(progress.reopened) did not and "
          + "are proved again")
    }
    if let failure = progress.failure { notes.append("stored proofs cannot be verified: \(failure)") }
    if !progress.lost.isEmpty { notes.append(Self.lost(progress)) }
    return notes.isEmpty ? .ready : .degraded(notes.joined(separator: "; "))
  }

  public var stages: [Stage] {
    let (proved, last, isAssigned) = jobs.front
    let reason = proved == last || isAssigned ? nil : "a prover that takes a job"
    return [Stage("proofs", Lag(position: proved.rawValue, target: last.rawValue, waitingFor: reason), unit: .batch)]
  }

  private static func lost(_ progress: StoredProofCheck.Progress) -> String {
    let numbers = progress.lost.map { "\($0)" }.joined(separator: ", ")
    return "the stored proofs of the batches \(numbers) do not hold, and their prover inputs are not kept"
  }

  private static func report(_ progress: StoredProofCheck.Progress, _ log: Logger) {
    if let failure = progress.failure {
      log.error("stored proofs cannot be verified", metadata: ["error": "\(failure)"])
    }
    log.info(
      "stored proofs verified",
      metadata: [
        "verified": "\(progress.verified)", "reopened": "\(progress.reopened)", "lost": "\(progress.lost.count)",
      ])
  }

  private static func report(
    _ event: ProofJobs.Event, _ metrics: ProverServiceMetrics, _ log: Logger, _ throttled: ThrottledLog
  ) {
    switch event {
    case .proved(let number, let prover, let time, let kind):
      if let time { metrics.proveTime(prover: prover.name).observe(time) }
      metrics.count(kind)
      // Fake ones come with every block.
      log.log(
        level: kind == .fake ? .debug : .info, "batch proved",
        metadata: ["batch": "\(number)", "prover": "\(prover)", "kind": "\(kind.name)"])
    case .rejected(let number, let prover, let fault, let file):
      metrics.count(fault)
      var metadata: Logger.Metadata = ["batch": "\(number)", "prover": "\(prover)", "reason": "\(fault)"]
      if let file { metadata["file"] = "\(file)" }
      log.warning("proof refused", metadata: metadata)
    case .checked(let time): metrics.verification.observe(time)
    case .picked(let number, let prover, isReassignment: true):
      log.warning("proof job given to another prover", metadata: ["batch": "\(number)", "prover": "\(prover)"])
    case .picked(let number, let prover, isReassignment: false):
      log.debug("proof job taken", metadata: ["batch": "\(number)", "prover": "\(prover)"])
    case .held(let prover, let jobs):
      metrics.held.increment(by: 1)
      throttled.error("a prover gets no further job", reason: "\(prover) holds \(jobs)")
    case .storedProofRefused(let number, let fault, let isReopened):
      metrics.count(fault)
      log.warning(
        isReopened
          ? "a stored proof does not hold; the batch is proved again"
          : "a stored proof does not hold, and the batch's input is not kept",
        metadata: ["batch": "\(number)", "reason": "\(fault)"])
    case .keepingFailed(let reason): throttled.error("a refused proof cannot be kept", reason: reason)
    }
  }
}
