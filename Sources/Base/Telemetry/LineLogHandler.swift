import Glibc
import JSON
import Logging

/// Writes each event as one line: text for people, or a JSON object for machines.
public struct LineLogHandler: LogHandler {
  public enum Format: String, Sendable, CaseIterable { case text, json }

  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?
  public var logLevel: Logger.Level

  private let label: String
  private let format: Format
  private let style: TerminalStyle
  private let output: @Sendable ([UInt8]) -> Void
  private let now: @Sendable () -> Timestamp

  /// - Parameters:
  ///   - style: how a line of text looks; JSON has no colours.
  ///   - output: takes a whole line, its end included, from any thread.
  ///   - now: the clock.
  public init(
    label: String, level: Logger.Level = .info, format: Format = .text, style: TerminalStyle = .plain,
    output: @escaping @Sendable ([UInt8]) -> Void = LineLogHandler.writeToStandardOutput,
    now: @escaping @Sendable () -> Timestamp = { .now }
  ) {
    self.label = label
    logLevel = level
    self.format = format
    self.style = style
    self.output = output
    self.now = now
  }

  /// Writes whole lines to the standard output, in place of a line that is shown there while work is done.
  @Sendable public static func writeToStandardOutput(_ line: [UInt8]) { LiveLine.standardOutput.write(line) }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    var fields = metadata
    if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
    if let given = event.metadata { fields.merge(given) { $1 } }
    if let error = event.error { fields["error"] = "\(error)" }
    let sorted = fields.sorted { $0.key < $1.key }
    switch format {
    case .text: output(text(event, sorted))
    case .json: output(json(event, sorted))
    }
  }

  private func text(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> [UInt8] {
    let level = event.level.rawValue.uppercased()
    let padding = String(repeating: " ", count: max(0, 8 - level.utf8.count))
    let time = style.faint(now().description), name = style.faint(label + ":")
    var line = "\(time) \(padding)\(coloured(level, event.level)) \(name) \(Self.printable("\(event.message)"))"
    for (key, value) in fields { line += " \(style.faint(key + "="))\(Self.printable("\(value)"))" }
    return Array((line + "\n").utf8)
  }

  /// The colours are those that operators of the reference node know.
  private func coloured(_ text: String, _ level: Logger.Level) -> String {
    switch level {
    case .critical, .error: style.failure(text)
    case .warning: style.warning(text)
    case .notice, .info: style.success(text)
    case .debug: style.detail(text)
    case .trace: style.faint(text)
    }
  }

  private func json(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("timestamp")
    writer.string(now().description)
    writer.key("level")
    writer.string(event.level.rawValue)
    writer.key("target")
    writer.string(label)
    writer.key("message")
    writer.string("\(event.message)")
    if !fields.isEmpty {
      writer.key("fields")
      writer.beginObject()
      for (key, value) in fields {
        writer.key(key)
        writer.string("\(value)")
      }
      writer.endObject()
    }
    writer.endObject()
    return writer.bytes + [0x0a]
  }

  /// What a stranger sent must not look like a line of its own.
  private static func printable(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { return text }
    return text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? $0.escaped(asASCII: true) : String($0) }
      .joined()
  }
}
