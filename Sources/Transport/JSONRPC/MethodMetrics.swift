import Synchronization
import Telemetry

/// How often each method was called, how long its answers took, and with which errors they ended. A method shows up with
/// its first call; names that are none count together, as strangers make them up.
final class MethodMetrics: Sendable {
  private static let unknown = "unknown"
  private static let bounds = [0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5]

  private let registry: MetricsRegistry
  private let times = Mutex<[String: Histogram]>([:])

  init(_ registry: MetricsRegistry) {
    self.registry = registry
    // There is something to see before the first call.
    _ = time(of: Self.unknown)
    _ = errors(of: Self.unknown, code: -32_601)
  }

  /// A call was answered.
  ///
  /// - Parameters:
  ///   - method: as the table names it; `nil` where it has no such method.
  ///   - code: that of the error, where it was answered with one.
  func answered(_ method: String?, nanoseconds: UInt64, code: Int?) {
    let name = method ?? Self.unknown
    time(of: name).observe(nanoseconds: nanoseconds)
    if let code { errors(of: name, code: code).increment() }
  }

  private func time(of method: String) -> Histogram {
    times.withLock { times in
      if let known = times[method] { return known }
      let histogram = registry.histogram(
        "rpc_request_seconds", "Time from the beginning of a call's execution to its answer, by method",
        bounds: Self.bounds, [("method", method)])
      times[method] = histogram
      return histogram
    }
  }

  private func errors(of method: String, code: Int) -> Counter {
    registry.counter(
      "rpc_errors_total", "Calls that were answered with an error", [("method", method), ("code", "\(code)")])
  }
}
