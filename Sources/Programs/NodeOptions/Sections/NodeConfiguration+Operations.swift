extension NodeConfiguration {
  /// What the node tells its operator.
  public struct Operations: OptionSection {
    static let title = "Operations"

    public var metricsAddress: Endpoint
    public var terminalOutput: TerminalOutput
    public var logFormat: LogFormat
    public var logLevel: LogLevel
    public var shutdownGrace: Duration

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      metricsAddress = try read(
        "metrics_address", default: "0.0.0.0:3312", .endpoint, "where Prometheus finds the metrics")
      terminalOutput = try read(
        "terminal_output", default: "auto", .word,
        "a greeting, and a line for each block with transactions and each refused one, in place of log lines below warning: "
          + "auto where the output is a terminal and log_format is text")
      logFormat = try read("log_format", default: "text", .word, "form of the log lines")
      logLevel = try read("log_level", default: "info", .word, "least severe level written")
      shutdownGrace = try read(
        "shutdown_grace", default: "5s", .duration,
        "time from Ctrl-C to the end of the process: what then still runs is cut off, as by a power cut")
    }
  }
}

/// Whether the node speaks to a person rather than to a log.
public enum TerminalOutput: String, CaseIterable, Sendable {
  case auto, always, never
}

/// The form of log lines.
public enum LogFormat: String, CaseIterable, Sendable {
  case text, json
}

/// The severity from which log lines are written.
public enum LogLevel: String, CaseIterable, Sendable {
  case trace, debug, info, warning, error
}
