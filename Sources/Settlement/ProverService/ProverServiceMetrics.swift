import Telemetry

/// What the service of provers measures; ``proveTime(prover:)`` under the name of the reference node.
public struct ProverServiceMetrics: Sendable {
  private let registry: MetricsRegistry
  private let names = ProverNames()
  /// Requests for a job by provers that hold as many as they may.
  let held: Counter

  public init(_ registry: MetricsRegistry) {
    self.registry = registry
    held = registry.counter("prover_jobs_refused_total", "Requests for a job by provers that hold as many as they may")
  }

  /// Time from handing out a proof job to its proof, by the name that the prover gives itself.
  func proveTime(prover: String) -> Histogram {
    registry.histogram(
      "prover_prove_time_seconds", "Time from handing out a proof job to its proof",
      bounds: [0.001, 0.005, 0.025, 0.1, 0.25, 1, 5, 30, 120], [("prover", names.label(prover))])
  }
}
