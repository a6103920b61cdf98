import Synchronization

/// All metrics of a process by their names, and their text for Prometheus.
///
/// A component asks once for its metric and keeps it; counting then is an atomic addition. Asking again under the same
/// name and labels gives the same metric. A metric shows up in the text from the moment that it was asked for.
public final class MetricsRegistry: Sendable {
  /// Names with their values, in the order in which they are shown.
  public typealias Labels = [(name: String, value: String)]

  private enum Metric {
    case counter(Counter)
    case gauge(Gauge)
    case histogram(Histogram)
    case computed(@Sendable () -> Double)
  }

  private struct Family {
    let type: String
    let help: String
    /// By the text of the labels, in the order of their first use.
    var children: [(labels: String, metric: Metric)] = []
    /// The values of each label that were asked for, in the order of their first use.
    var labels: [(name: String, values: [String])] = []

    mutating func note(_ name: String, _ value: String) {
      let index = labels.firstIndex { $0.name == name } ?? labels.count
      if index == labels.count { labels.append((name, [])) }
      if !labels[index].values.contains(value) { labels[index].values.append(value) }
    }
  }

  private let families = Mutex<[String: Family]>([:])

  /// Every metric that was asked for, sorted by name.
  public var descriptions: [MetricDescription] {
    families.withLock { $0.sorted { $0.key < $1.key } }.map { name, family in
      var bounds: [Double] = []
      if case .histogram(let histogram) = family.children.first?.metric { bounds = histogram.bounds }
      return MetricDescription(
        name: name, type: family.type, help: family.help, labels: family.labels, bounds: bounds)
    }
  }

  public init() {}

  public func counter(_ name: String, _ help: String, _ labels: Labels = []) -> Counter {
    guard
      case .counter(let counter) = child(name, "counter", help, labels, orElse: { .counter(Counter()) })
    else { preconditionFailure("metric \(name) exists as another type") }
    return counter
  }

  public func gauge(_ name: String, _ help: String, _ labels: Labels = []) -> Gauge {
    guard case .gauge(let gauge) = child(name, "gauge", help, labels, orElse: { .gauge(Gauge()) })
    else { preconditionFailure("metric \(name) exists as another type") }
    return gauge
  }

  /// A gauge whose value is computed when it is asked for, by any thread.
  public func gauge(_ name: String, _ help: String, _ labels: Labels = [], value: @escaping @Sendable () -> Double) {
    _ = child(name, "gauge", help, labels) { .computed(value) }
  }

  /// A counter that something else keeps, read when it is asked for, by any thread.
  public func counter(_ name: String, _ help: String, _ labels: Labels = [], value: @escaping @Sendable () -> Double) {
    _ = child(name, "counter", help, labels) { .computed(value) }
  }

  public func histogram(_ name: String, _ help: String, bounds: [Double], _ labels: Labels = []) -> Histogram {
    guard
      case .histogram(let histogram) = child(
        name, "histogram", help, labels, orElse: { .histogram(Histogram(bounds: bounds)) })
    else { preconditionFailure("metric \(name) exists as another type") }
    return histogram
  }

  /// Shows `histogram` under another name too.
  public func share(_ histogram: Histogram, _ name: String, _ help: String, _ labels: Labels = []) {
    _ = child(name, "histogram", help, labels) { .histogram(histogram) }
  }

  /// Lets go of every metric, and of what those that are computed look at.
  public func clear() { families.withLock { $0 = [:] } }

  private func child(
    _ name: String, _ type: String, _ help: String, _ labels: Labels, orElse make: () -> Metric
  ) -> Metric {
    precondition(Self.isName(name), "\(name) is no name for a metric")
    let key = labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }.joined(separator: ",")
    return families.withLock { families in
      var family = families[name] ?? Family(type: type, help: help)
      precondition(family.type == type, "metric \(name) exists as another type")
      if let existing = family.children.first(where: { $0.labels == key }) { return existing.metric }
      let metric = make()
      family.children.append((key, metric))
      for label in labels { family.note(label.name, label.value) }
      families[name] = family
      return metric
    }
  }

  /// The text format of Prometheus, version 0.0.4, families sorted by name.
  public var exposition: String { exposition(of: "") }

  /// The same of those metrics alone whose names begin in some way.
  public func exposition(of prefix: String) -> String {
    let snapshot = families.withLock { $0.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key } }
    var text = ""
    for (name, family) in snapshot {
      text += "# HELP \(name) \(Self.escaped(family.help, quotes: false))\n# TYPE \(name) \(family.type)\n"
      for (labels, metric) in family.children { Self.write(name, labels, metric, to: &text) }
    }
    return text
  }

  private static func write(_ name: String, _ labels: String, _ metric: Metric, to text: inout String) {
    let braced = labels.isEmpty ? "" : "{\(labels)}"
    switch metric {
    case .counter(let counter): text += "\(name)\(braced) \(counter.value)\n"
    case .gauge(let gauge): text += "\(name)\(braced) \(number(gauge.value))\n"
    case .computed(let value): text += "\(name)\(braced) \(number(value()))\n"
    case .histogram(let histogram):
      let (counts, sum) = histogram.snapshot
      let prefix = labels.isEmpty ? "" : labels + ","
      var cumulative: UInt64 = 0
      for (index, count) in counts.enumerated() {
        cumulative += count
        let bound = index < histogram.bounds.count ? number(histogram.bounds[index]) : "+Inf"
        text += "\(name)_bucket{\(prefix)le=\"\(bound)\"} \(cumulative)\n"
      }
      text += "\(name)_sum\(braced) \(number(sum))\n\(name)_count\(braced) \(cumulative)\n"
    }
  }

  /// Whole numbers without a fraction, others in the shortest form that gives them back.
  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return Int64(exactly: value)?.description ?? value.description
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for character in text {
      switch character {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.append(character)
      }
    }
    return result
  }

  private static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(48...57).contains(first) else { return false }
    return name.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0 | 0x20) || $0 == 95 || $0 == 58 }
  }
}
