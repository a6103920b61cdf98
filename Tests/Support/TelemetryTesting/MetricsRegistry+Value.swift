import Telemetry

extension MetricsRegistry {
  /// The value that the text of the metrics shows for a series, written with its labels as there; `nil` where it shows
  /// none.
  public func value(_ series: String) -> Double? {
    for line in exposition.split(separator: "\n") {
      guard let space = line.lastIndex(of: " "), line[..<space] == series else { continue }
      return Double(line[line.index(after: space)...])
    }
    return nil
  }
}
