import HTTP
import Logging
import NIOPosix
import Telemetry

/// What gets batches proved: the store of batches and proofs, the jobs, the HTTP interface of provers, and fake provers
/// where an operator asks for them. It counts and logs what happens to the jobs.
///
/// Settlement adds batches to ``jobs``; whoever runs the service starts an HTTP server with ``service`` and ``limits``.
public final class ProverService: Service {
  public struct Options: Sendable {
    public var jobs = ProofJobs.Options()
    public var fakes = FakeProverPool.Options()
    /// What provers must show to the HTTP interface; `nil` where it is open to whoever reaches it.
    public var token: String?
    /// Bytes of prover inputs kept for batches whose proof nobody has verified.
    public var maxKeptInputBytes = 10 << 30
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
  private let log: Logger

  /// Opens or creates the store in the directory `path`, and finds the jobs of earlier runs there.
  public init(
    path: String, options: Options = Options(), metrics: ProverServiceMetrics,
    log: Logger = Logger(label: "prover")
  ) throws(ProofStoreError) {
    self.options = options
    self.log = log
    let throttled = ThrottledLog(log, interval: .seconds(60))
    jobs = try ProofJobs(
      store: try ProofStore(path: path, maxKeptBytes: options.maxKeptInputBytes), options: options.jobs,
      notify: { Self.report($0, metrics, log, throttled) })
    fakes = FakeProverPool(jobs: jobs, options: options.fakes) { reason in
      log.error("a fake prover tries again", metadata: ["error": "\(reason)"])
    }
    threads = NIOThreadPool(numberOfThreads: options.threads)
  }

  /// Answers the HTTP interface, once ``start()`` was called.
  public var service: any HTTPService {
    let router = ProverAPI(jobs: jobs, threads: threads).router
    return options.token.map { TokenGate(router, token: $0) } ?? router
  }

  /// What the server of ``service`` should allow.
  public var limits: HTTPServer.Limits { ProverAPI.limits(bodyBytes: options.bodyBytes) }

  public func start() {
    threads.start()
    fakes.start()
  }

  /// Ends the fake provers and the threads, and lets nobody wait for room among the jobs any more. The server of
  /// ``service`` has ended before. Returns once everything has.
  public func stop() {
    jobs.close()
    fakes.stop()
    do { try threads.syncShutdownGracefully() } catch {
      log.warning("the threads of the prover API do not end", metadata: ["error": "\(error)"])
    }
  }

  /// Restricted while no further batch is taken in.
  public var health: Health {
    let waiting = jobs.unprovedCount
    guard waiting >= options.jobs.maxUnproved else { return .ready }
    return .degraded("\(waiting) batches wait for a proof; no further one is taken in")
  }

  private static func report(
    _ event: ProofJobs.Event, _ metrics: ProverServiceMetrics, _ log: Logger, _ throttled: ThrottledLog
  ) {
    switch event {
    case .proved(let number, let prover, let time, let kind):
      if let time { metrics.proveTime(prover: prover).observe(time) }
      log.info("batch proved", metadata: ["batch": "\(number)", "prover": "\(prover)", "kind": "\(kind)"])
    case .rejected(let number, let prover, let fault):
      log.warning("proof refused", metadata: ["batch": "\(number)", "prover": "\(prover)", "reason": "\(fault)"])
    case .picked(let number, let prover, isReassignment: true):
      log.warning("proof job given to another prover", metadata: ["batch": "\(number)", "prover": "\(prover)"])
    case .picked: break
    case .held(let prover, let jobs):
      metrics.held.increment(by: 1)
      throttled.error("a prover gets no further job", reason: "\(prover) holds \(jobs)")
    }
  }
}
