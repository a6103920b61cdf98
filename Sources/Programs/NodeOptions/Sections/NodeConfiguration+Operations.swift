extension NodeConfiguration {
  /// What the node tells its operator.
  public struct Operations: OptionSection {
    static let title = "Operations"

    public var metricsAddress: Endpoint
    public var logFormat: LogFormat
    public var logLevel: LogLevel
    public var shutdownGrace: Duration

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      metricsAddress = try read(
        "metrics_address", default: "0.0.0.0:3312", .endpoint, "where Prometheus finds the metrics")
      logFormat = try read("log_format", default: "text", .word, "form of the log lines")
      logLevel = try read("log_level", default: "info", .word, "least severe level written")
      shutdownGrace = try read(
        "shutdown_grace", default: "5s", .duration,
        "time from Ctrl-C to the end of the process: what then still runs is cut off, as by a power cut")
    }
  }
}

/// The form of log lines.
public enum LogFormat: String, CaseIterable, Sendable {
  case text, json
}

/// The severity from which log lines are written.
public enum LogLevel: String, CaseIterable, Sendable {
  case trace, debug, info, warning, error
}
