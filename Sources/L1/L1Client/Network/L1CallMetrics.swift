import Telemetry

/// What a part of the node asks of L1: providers of L1 are paid by the call.
public struct L1CallMetrics: Sendable {
  enum Outcome: String, CaseIterable {
    /// There is a result.
    case answered
    /// L1's node says no: a call that reverts, a transaction that it does not take.
    case refused
    /// There is no answer, or none that can be read.
    case failed
  }

  private let calls: [Outcome: Counter]
  let time: Histogram

  /// - Parameter part: of the node, as a label.
  public init(_ registry: MetricsRegistry, part: String) {
    var calls: [Outcome: Counter] = [:]
    for outcome in Outcome.allCases {
      calls[outcome] = registry.counter(
        "l1_calls_total", "Calls of L1's nodes by what became of them", [("part", part), ("outcome", outcome.rawValue)])
    }
    self.calls = calls
    time = registry.histogram(
      "l1_call_seconds", "Time of a call of L1's nodes",
      bounds: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10], [("part", part)])
  }

  func count(_ outcome: Outcome) { calls[outcome]?.increment() }
}
