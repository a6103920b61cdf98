import Primitives
import Telemetry

/// What settling on L1 does and costs.
public struct L1SenderMetrics: Sendable {
  private let registry: MetricsRegistry
  private let lastBatches: [SettlementStep: Gauge]
  private let transactionCounts: [SettlementStep: Counter]
  let finalized: Gauge
  let inFlight: Gauge
  let bumps: Counter
  let resends: Counter
  let reverts: Counter
  private let spent: Counter

  public init(_ registry: MetricsRegistry) {
    self.registry = registry
    var gauges: [SettlementStep: Gauge] = [:], counters: [SettlementStep: Counter] = [:]
    for step in SettlementStep.allCases {
      gauges[step] = registry.gauge(
        "l1_sender_last_batch", "Last batch that has made a step on L1", [("step", "\(step)")])
      counters[step] = registry.counter(
        "l1_sender_transactions", "Transactions sent to L1, each once", [("step", "\(step)")])
    }
    lastBatches = gauges
    transactionCounts = counters
    finalized = registry.gauge("l1_sender_finalized_block", "Last block that is final")
    inFlight = registry.gauge("l1_sender_in_flight", "Transactions that wait to be mined on L1")
    bumps = registry.counter("l1_sender_fee_raises", "Transactions sent again with a higher fee")
    resends = registry.counter("l1_sender_resends", "Transactions sent again as the pool of L1's node had lost them")
    reverts = registry.counter("l1_sender_reverts", "Transactions that L1 refused in a block")
    spent = registry.counter("l1_sender_spent_gwei", "What the balances of the operator's accounts fell by, in gwei")
  }

  func lastBatch(_ step: SettlementStep) -> Gauge { lastBatches[step] ?? Gauge() }

  func transactions(_ step: SettlementStep) -> Counter { transactionCounts[step] ?? Counter() }

  /// A balance was looked at, in wei.
  func balance(_ account: Address, is wei: UInt256, before: UInt256?) {
    balance(account).set(Self.ether(wei))
    // What somebody paid in meanwhile hides as much of what was spent.
    if let before, before > wei { spent.increment(by: ((before - wei) / UInt256(1_000_000_000)).saturatedUInt64) }
  }

  /// Ether of an account of the operator.
  private func balance(_ account: Address) -> Gauge {
    registry.gauge("l1_sender_balance", "Ether of an operator's account on L1", [("account", "\(account)")])
  }

  private static func ether(_ wei: UInt256) -> Double {
    Double((wei / UInt256(1_000_000_000)).saturatedUInt64) / 1_000_000_000
  }
}
