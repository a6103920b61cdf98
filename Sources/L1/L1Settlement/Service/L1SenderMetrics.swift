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
  private let feesPaid: Counter

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
    feesPaid = registry.counter("l1_sender_fees_gwei", "Fees of transactions whose receipt was looked at, in gwei")
  }

  func lastBatch(_ step: SettlementStep) -> Gauge { lastBatches[step] ?? Gauge() }

  func transactions(_ step: SettlementStep) -> Counter { transactionCounts[step] ?? Counter() }

  func paid(_ gas: UInt64, _ price: UInt256) {
    let (wei, overflow) = UInt256(gas).multipliedReportingOverflow(by: price)
    if !overflow { feesPaid.increment(by: (wei / UInt256(1_000_000_000)).saturatedUInt64) }
  }

  /// Ether of an account of the operator.
  func balance(_ account: Address) -> Gauge {
    registry.gauge("l1_sender_balance", "Ether of an operator's account on L1", [("account", "\(account)")])
  }

  static func ether(_ wei: UInt256) -> Double {
    Double((wei / UInt256(1_000_000_000)).saturatedUInt64) / 1_000_000_000
  }
}
