import Logging

/// Which events are logged: the directives of `RUST_LOG`, as operators of the reference node write them.
///
/// `info,mempool=debug,rpc=off`: a level for all, and levels for loggers by the beginning of their label; the longest
/// beginning that fits counts. A name alone stands for everything of it. A directive that makes no sense is ignored.
public struct LogDirectives: Sendable, Equatable {
  private var general: Logger.Level? = .info
  private var byTarget: [String: Logger.Level?] = [:]

  /// Everything from `info` on.
  public init() {}

  public init(directives: String) {
    for directive in directives.split(separator: ",") {
      let parts = directive.split(separator: "=", omittingEmptySubsequences: false).map {
        $0.filter { !$0.isWhitespace }
      }
      if parts.count == 1, let level = Self.level(parts[0]) {
        general = level
      } else if parts.count == 1, !parts[0].isEmpty {
        byTarget[parts[0]] = .some(.trace)
      } else if parts.count == 2, !parts[0].isEmpty, let level = Self.level(parts[1]) {
        byTarget[parts[0]] = .some(level)
      }
    }
  }

  /// The least severe level that is logged for `label`; `nil` for none at all.
  public func level(for label: String) -> Logger.Level? {
    let longest = byTarget.filter { label.hasPrefix($0.key) }.max { $0.key.utf8.count < $1.key.utf8.count }
    return longest.map(\.value) ?? general
  }

  /// Outer `nil` for what is no level, inner for "off".
  private static func level(_ name: String) -> Logger.Level?? {
    switch name.lowercased() {
    case "off": .some(nil)
    case "error": .error
    case "warn", "warning": .warning
    case "info": .info
    case "debug": .debug
    case "trace": .trace
    default: .none
    }
  }

  /// A factory for `LoggingSystem.bootstrap`.
  public func makeHandler(
    label: String, format: LineLogHandler.Format, style: TerminalStyle = .plain,
    output: @escaping @Sendable ([UInt8]) -> Void = LineLogHandler.writeToStandardOutput
  ) -> any LogHandler {
    guard let level = level(for: label) else { return SwiftLogNoOpLogHandler() }
    return LineLogHandler(label: label, level: level, format: format, style: style, output: output)
  }
}
