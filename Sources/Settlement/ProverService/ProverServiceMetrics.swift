import Telemetry

/// What the service of provers measures; ``proveTime(prover:)`` under the name of the reference node.
public struct ProverServiceMetrics: Sendable {
  private let registry: MetricsRegistry
  private let names = ProverNames()
  /// Requests for a job by provers that hold as many as they may.
  let held: Counter
  /// Submissions for which there was no room.
  let busy: Counter
  /// Time that the verifier takes for a proof, whatever comes of it.
  let verification: Histogram
  private let accepted: [StoredProof.Kind: Counter]
  private let refused: [ProofFault.Kind: Counter]

  public init(_ registry: MetricsRegistry) {
    self.registry = registry
    held = registry.counter("prover_jobs_refused_total", "Requests for a job by provers that hold as many as they may")
    busy = registry.counter("prover_submissions_busy_total", "Proofs that were turned away as too many waited")
    verification = registry.histogram(
      "prover_verification_seconds", "Time that the verifier took for a proof, whatever came of it",
      bounds: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 5])
    accepted = Dictionary(
      uniqueKeysWithValues: StoredProof.Kind.allCases.map { kind in
        (kind, registry.counter("prover_proofs_total", "Proofs that were stored, by kind", [("kind", kind.name)]))
      })
    refused = Dictionary(
      uniqueKeysWithValues: ProofFault.Kind.allCases.filter { $0 != .interrupted }.map { kind in
        (
          kind,
          registry.counter("prover_proofs_refused_total", "Proofs that were refused", [("reason", kind.rawValue)])
        )
      })
  }

  /// Shows the batches that wait for a proof.
  func watch(_ jobs: ProofJobs) {
    func gauge(_ state: String, _ count: @escaping @Sendable (ProofJobs.Backlog) -> Int) {
      registry.gauge("prover_jobs", "Batches that wait for a proof", [("state", state)]) { [weak jobs] in
        Double(jobs.map { count($0.backlog) } ?? 0)
      }
    }
    gauge("pending") { $0.pending }
    gauge("assigned") { $0.assigned }
    registry.gauge("prover_oldest_job_seconds", "How long the oldest batch without proof has waited") { [weak jobs] in
      jobs.map { Double($0.backlog.oldest.nanoseconds) / 1e9 } ?? 0
    }
  }

  /// Shows how many submissions wait or are in work.
  func watch(_ submissions: SubmissionQueue) {
    registry.gauge("prover_submissions", "Proofs that wait for the verifier, or are with it") {
      Double(submissions.count)
    }
  }

  /// Counts a proof that was stored.
  func count(_ kind: StoredProof.Kind) { accepted[kind]?.increment() }

  /// Counts a proof that was refused.
  func count(_ fault: ProofFault) { refused[fault.kind]?.increment() }

  /// Time from handing out a proof job to its proof, by the name that the prover gives itself.
  func proveTime(prover: String) -> Histogram {
    registry.histogram(
      "prover_prove_time_seconds", "Time from handing out a proof job to its proof",
      bounds: [0.001, 0.005, 0.025, 0.1, 0.25, 1, 5, 30, 120], [("prover", names.label(prover))])
  }
}
