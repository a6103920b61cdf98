import Concurrency
import Logging
import Synchronization
import Telemetry
import Testing

@Suite("Throttled log")
struct ThrottledLogTests {
  private final class Clock: Sendable {
    private let now = Atomic<UInt64>(5_000_000_000)
    var source: TimeSource {
      TimeSource(unixSeconds: { 0 }, monotonicNanoseconds: { self.now.load(ordering: .relaxed) })
    }
    func advance(milliseconds: UInt64) { now.add(milliseconds * 1_000_000, ordering: .relaxed) }
  }

  private let clock = Clock()

  private func throttled(_ body: (ThrottledLog) -> Void) -> [String] {
    let written = Written()
    let logger = Logger(label: "x") { label in
      LineLogHandler(
        label: label, output: { line in written.add(String(decoding: line, as: UTF8.self)) },
        now: { Timestamp(seconds: 0) })
    }
    body(ThrottledLog(logger, clock: clock.source))
    return written.all.map { String($0.dropFirst("1970-01-01T00:00:00.000000Z    ERROR x: ".count)) }
  }

  private final class Written: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
  }

  @Test("The same reason is written once within the interval, and afterwards with how often it came")
  func repetition() {
    let lines = throttled { log in
      for _ in 0..<5 { log.error("failed", reason: "disk") }
      log.error("failed", reason: "network")
      clock.advance(milliseconds: 1_001)
      log.error("failed", reason: "disk")
      log.error("failed", reason: "network")
    }
    #expect(
      lines == [
        "failed reason=disk\n", "failed reason=network\n", "failed reason=disk repeated=4\n",
        "failed reason=network\n",
      ])
  }

  @Test("Reasons that are always different do not flood the log, and are written again later")
  func manyReasons() {
    let lines = throttled { log in
      for number in 0..<10_000 { log.error("failed", reason: "block \(number)") }
      clock.advance(milliseconds: 1_001)
      log.error("failed", reason: "block 10000")
    }
    #expect(lines.count <= 65)
    #expect(lines.last == "failed reason=\"block 10000\"\n" || lines.last == "failed reason=block 10000\n")
  }
}
