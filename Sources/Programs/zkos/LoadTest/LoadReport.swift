/// The outcome of a load test, as a table.
struct LoadReport {
  let submitted: Int
  let included: Int
  /// Transactions that were accepted and that no block contained in the end.
  let missing: Int
  let table: String

  init(_ counts: Ledger.Counts, seconds: Int, missing: Int) {
    submitted = counts.submitted
    included = counts.included
    self.missing = missing
    let sorted = counts.latencies.sorted()
    func percentile(_ share: Double) -> String {
      guard !sorted.isEmpty else { return "-" }
      return "\(Int(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))])) ms"
    }
    var lines = [
      ("submitted", "\(counts.submitted)  (\(counts.submitted / seconds) per second)"),
      ("included", "\(counts.included)  (\(counts.included / seconds) per second)"),
      ("inclusion latency p50", percentile(0.5)), ("inclusion latency p90", percentile(0.9)),
      ("inclusion latency p99", percentile(0.99)), ("never included", "\(missing)"),
    ]
    for (kind, count) in counts.errors.sorted(by: { $0.key < $1.key }) { lines.append(("error: \(kind)", "\(count)")) }
    table = lines.map { "\($0.0.padded(to: 28)) \($0.1)" }.joined(separator: "\n")
  }
}
