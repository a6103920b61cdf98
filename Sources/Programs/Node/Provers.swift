import Concurrency
import HTTP
import Logging
import NIOPosix
import NodeOptions
import ProverService
import Telemetry

/// What provers need of the node: the proof jobs, their interface, and fake provers where the operator wants some.
final class Provers: Service {
  let name = "provers"
  let jobs: ProofJobs
  private let threads = NIOThreadPool(numberOfThreads: 2)
  private let fakes: FakeProverPool?

  init(_ configuration: NodeConfiguration, _ metrics: NodeMetrics) throws {
    let log = Logger(label: "prover")
    let store = try ProofStore(path: configuration.sequencer.databasePath + "/proofs")
    var options = ProofJobs.Options()
    options.timeout = configuration.proverAPI.jobTimeout
    options.maxUnproved = configuration.proverAPI.maxUnprovedBlocks
    let names = ProverNames()
    let notify: @Sendable (ProofJobs.Event) -> Void = { event in
      switch event {
      case .proved(let number, let prover, let time, let kind):
        if let time { metrics.proveTime(prover: names.label(prover)).observe(time) }
        log.info("block proved", metadata: ["block": "\(number)", "prover": "\(prover)", "kind": "\(kind)"])
      case .rejected(let number, let prover, let fault):
        log.warning("proof refused", metadata: ["block": "\(number)", "prover": "\(prover)", "reason": "\(fault)"])
      case .picked(let number, let prover, isReassignment: true):
        log.warning("proof job given to another prover", metadata: ["block": "\(number)", "prover": "\(prover)"])
      case .picked: break
      }
    }
    jobs = try ProofJobs(store: store, verifier: StructuralProofVerifier(), options: options, notify: notify)
    if configuration.proverAPI.fakeProvers > 0 {
      var fakeOptions = FakeProverPool.Options()
      fakeOptions.provers = configuration.proverAPI.fakeProvers
      fakes = FakeProverPool(jobs: jobs, options: fakeOptions) { log.error("fake prover: \($0)") }
    } else {
      fakes = nil
    }
  }

  /// The HTTP interface of provers.
  var router: HTTPRouter { ProverAPI(jobs: jobs, threads: threads).router }

  func start() {
    threads.start()
    fakes?.start()
  }

  func stop() async {
    fakes?.stop()
    try? await threads.shutdownGracefully()
  }

  var health: Health { .ready }
}
