/// What there is to know of a metric besides its value.
public struct MetricDescription: Sendable {
  public let name: String
  /// `counter`, `gauge` or `histogram`.
  public let type: String
  public let help: String
  /// The labels, each with the values that it has.
  public let labels: [(name: String, values: [String])]
  /// Upper bounds of a histogram's buckets; empty for the other types.
  public let bounds: [Double]
}
