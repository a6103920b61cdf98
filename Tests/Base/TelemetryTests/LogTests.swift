import JSON
import Logging
import Synchronization
import Telemetry
import Testing

@Suite("Logs")
struct LogTests {
  /// What a logger of `format` writes for `body`.
  func lines(
    _ format: LineLogHandler.Format, level: Logger.Level = .info, _ body: (inout Logger) -> Void
  ) -> [String] {
    let written = Lines()
    var logger = Logger(label: "sequencer") { label in
      LineLogHandler(
        label: label, level: level, format: format, output: { written.append($0) },
        now: { Timestamp(seconds: 1_753_315_200, microseconds: 42) })
    }
    body(&logger)
    return written.all
  }

  @Test("A line for people")
  func text() {
    let written = lines(.text) { logger in
      logger[metadataKey: "block"] = "7"
      logger.info("sealed", metadata: ["transactions": "3"])
      logger.debug("not shown")
      logger.error("bad\ninput \u{1b}[31m")
    }
    #expect(
      written == [
        "2025-07-24T00:00:00.000042Z     INFO sequencer: sealed block=7 transactions=3\n",
        "2025-07-24T00:00:00.000042Z    ERROR sequencer: bad\\ninput \\u{1B}[31m block=7\n",
      ])
  }

  @Test("A line for people on a terminal: the level has its colour, and what stands around the words is faint")
  func colours() {
    let written = Lines()
    for (level, isColoured) in [(Logger.Level.info, true), (.warning, true), (.error, true), (.info, false)] {
      let logger = Logger(label: "rpc") { label in
        LineLogHandler(
          label: label, style: TerminalStyle(isColoured: isColoured), output: { written.append($0) },
          now: { Timestamp(seconds: 0) })
      }
      logger.log(level: level, "hello", metadata: ["n": "1"])
    }
    let time = "\u{1b}[2m1970-01-01T00:00:00.000000Z\u{1b}[0m"
    let rest = "\u{1b}[2mrpc:\u{1b}[0m hello \u{1b}[2mn=\u{1b}[0m1\n"
    #expect(
      written.all == [
        "\(time)     \u{1b}[32mINFO\u{1b}[0m \(rest)", "\(time)  \u{1b}[33mWARNING\u{1b}[0m \(rest)",
        "\(time)    \u{1b}[31mERROR\u{1b}[0m \(rest)", "1970-01-01T00:00:00.000000Z     INFO rpc: hello n=1\n",
      ])
  }

  @Test("A line for machines")
  func json() throws {
    let written = lines(.json) { logger in
      logger.warning("a \"quoted\"\nline", metadata: ["n": "1", "list": ["a", "b"]])
    }
    #expect(written.count == 1)
    #expect(written[0].filter { $0 == "\n" }.count == 1)
    let event = try JSONValue(parsing: Array(written[0].utf8))
    #expect(event["timestamp"]?.string == "2025-07-24T00:00:00.000042Z")
    #expect(event["level"]?.string == "warning")
    #expect(event["target"]?.string == "sequencer")
    #expect(event["message"]?.string == "a \"quoted\"\nline")
    #expect(event["fields"]?["n"]?.string == "1")
  }

  @Test(
    "The calendar",
    arguments: [
      (0, "1970-01-01T00:00:00.000000Z"), (951_782_399, "2000-02-28T23:59:59.000000Z"),
      (951_782_400, "2000-02-29T00:00:00.000000Z"), (4_107_542_399, "2100-02-28T23:59:59.000000Z"),
      (4_107_542_400, "2100-03-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.000000Z"),
    ])
  func calendar(_ seconds: Int, _ text: String) { #expect(Timestamp(seconds: seconds).description == text) }

  @Test("Directives choose levels by the beginning of the label")
  func filter() {
    let filter = LogDirectives(directives: "warn,rpc=debug, rpc.http = trace,mempool=off,nonsense=loud,=info,what")
    #expect(filter.level(for: "sequencer") == .warning)
    #expect(filter.level(for: "rpc") == .debug)
    #expect(filter.level(for: "rpc.http") == .trace)
    #expect(filter.level(for: "mempool") == nil)
    #expect(filter.level(for: "nonsense") == .warning)
    // A name alone is everything of it.
    #expect(filter.level(for: "whatever") == .trace)
    #expect(LogDirectives(directives: "").level(for: "x") == .info)
    #expect(LogDirectives(directives: "off").level(for: "x") == nil)
  }
}

private final class Lines: Sendable {
  private let lines = Mutex<[String]>([])
  func append(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
  var all: [String] { lines.withLock { $0 } }
}
