import Telemetry

/// How long methods take and what they look at, under the names of the reference node where it has one.
struct EthereumAPIMetrics: Sendable {
  let call: Histogram
  let estimateGas: Histogram
  let sendRawTransaction: Histogram
  let getLogs: Histogram

  /// Blocks that a query for logs spanned, and those of them whose bloom said yes rightly, yes wrongly, and no.
  let scannedBlocks: Histogram
  let truePositives: Histogram
  let falsePositives: Histogram
  let negatives: Histogram

  let internalErrors: Counter

  let missedTransactions: Counter

  private let filterRefusals: [FilterRefusal: Counter]
  private let termRefusals: [TermRefusal: Counter]

  init(_ registry: MetricsRegistry) {
    func time(_ method: String) -> Histogram {
      registry.histogram(
        "response_time_seconds", "Time to answer a JSON-RPC method", bounds: Histogram.fastBounds, [("method", method)])
    }
    call = time("call")
    estimateGas = time("estimate_gas")
    sendRawTransaction = time("send_raw_transaction")
    getLogs = time("get_logs")

    let counts = Histogram.exponentialBounds(from: 1, factor: 10, through: 100_000)
    func blocks(_ kind: String) -> Histogram {
      registry.histogram(
        "get_logs_scanned_blocks", "Blocks looked at by a query for logs", bounds: counts, [("method", kind)])
    }
    scannedBlocks = blocks("total")
    truePositives = blocks("true_positive")
    falsePositives = blocks("false_positive")
    negatives = blocks("negative")

    internalErrors = registry.counter(
      "rpc_internal_errors", "Answers with code -32603, and notifications that could not be made")
    missedTransactions = registry.counter(
      "rpc_missed_pending_transactions", "Transactions that came faster than subscribers could be told of them")
    filterRefusals = Dictionary(
      uniqueKeysWithValues: FilterRefusal.allCases.map { reason in
        let help = "Filters refused because the client, or all together, have too many"
        return (reason, registry.counter("rpc_filter_refusals", help, [("reason", reason.rawValue)]))
      })
    termRefusals = Dictionary(
      uniqueKeysWithValues: TermRefusal.allCases.map { reason in
        let help = "Log subscriptions refused because their connection, their client, or all name too many terms"
        return (reason, registry.counter("rpc_log_subscription_refusals", help, [("reason", reason.rawValue)]))
      })
  }

  func refusedFilter(_ reason: FilterRefusal) { filterRefusals[reason]?.increment() }

  func refusedTerms(_ reason: TermRefusal) { termRefusals[reason]?.increment() }
}
