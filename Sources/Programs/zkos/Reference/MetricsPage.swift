import Telemetry

/// `docs/metrics.md`.
enum MetricsPage {
  static func text() async throws -> String {
    let descriptions = try await DescribedNode.with { $0.metrics.descriptions }
    var text = Markdown.begin("Metrics", page: .metrics)
    text += """
      `metrics_address` (port 3312) serves the text format of Prometheus on every path but `/health`. Names and labels are
      those of the reference node where it has the metric. Times are in seconds, sizes in bytes.


      """
    text += Markdown.table(
      ["Metric", "Type", "Labels", "Buckets", "Meaning"],
      descriptions.map { metric in
        [
          Markdown.code(metric.name), metric.type,
          metric.labels.map { labels($0, hasValues: !metric.name.hasSuffix("_info")) }.joined(separator: "; "),
          buckets(metric.bounds), metric.help,
        ]
      })
    return text
  }

  /// - Parameter hasValues: whether the values are the same for every build.
  private static func labels(_ label: (name: String, values: [String]), hasValues: Bool) -> String {
    "`\(label.name)`" + (hasValues ? ": " + label.values.map(Markdown.code).joined(separator: ", ") : "")
  }

  private static func buckets(_ bounds: [Double]) -> String {
    guard let first = bounds.first, let last = bounds.last else { return "" }
    return "\(bounds.count), \(number(first)) to \(number(last))"
  }

  /// With three digits, as bounds are multiplied and not round.
  private static func number(_ value: Double) -> String {
    if let whole = Int(exactly: value) { return "\(whole)" }
    var scale = 1.0
    while value * scale < 100 { scale *= 10 }
    let rounded = (value * scale).rounded() / scale
    return Int(exactly: rounded).map(String.init) ?? "\(rounded)"
  }
}
