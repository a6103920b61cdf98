import Concurrency
import Glibc
import Logging
import Synchronization
import Telemetry
import Testing

@Suite("Progress")
struct ProgressLogTests {
  private final class Clock: Sendable {
    private let now = Atomic<UInt64>(5_000_000_000)
    var source: TimeSource {
      TimeSource(unixSeconds: { 0 }, monotonicNanoseconds: { self.now.load(ordering: .relaxed) })
    }
    func advance(milliseconds: UInt64) { now.add(milliseconds * 1_000_000, ordering: .relaxed) }
  }

  private final class Written: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
  }

  private let clock = Clock()
  private let written = Written()

  @Test("In a log there is a line every ten seconds, with the rate and the time that is left")
  func log() {
    let log = Logger(label: "x") { [written] label in
      LineLogHandler(
        label: label, output: { written.add(String(decoding: $0, as: UTF8.self)) }, now: { Timestamp(seconds: 0) })
    }
    var progress = ProgressLog(log, "working", unit: "blocks", total: 100, live: LiveLine(-1), clock: clock.source)
    for done in 1...25 as ClosedRange<UInt64> {
      clock.advance(milliseconds: 1_000)
      progress.advance(to: done)
    }
    progress.finish()
    #expect(
      written.all == [
        "1970-01-01T00:00:00.000000Z     INFO x: working blocks=10 of=100 perSecond=1 secondsLeft=90\n",
        "1970-01-01T00:00:00.000000Z     INFO x: working blocks=20 of=100 perSecond=1 secondsLeft=80\n",
      ])
  }

  @Test("A command writes the same in words, also where nobody knows how much there is, or nothing is done yet")
  func command() {
    var progress = ProgressLog(
      "checking", unit: "worlds", total: 7_300, live: LiveLine(-1), clock: clock.source, write: written.add)
    clock.advance(milliseconds: 10_000)
    progress.advance(to: 5, note: "1 failed")
    clock.advance(milliseconds: 9_000)
    progress.advance(to: 6)
    var endless = ProgressLog(
      "included", unit: "transactions", total: nil, live: LiveLine(-1), clock: clock.source, write: written.add)
    clock.advance(milliseconds: 20_000)
    endless.advance(to: 40_000)
    var stuck = ProgressLog(
      "reading", unit: "blocks", total: 3, live: LiveLine(-1), clock: clock.source, write: written.add)
    clock.advance(milliseconds: 10_000)
    stuck.advance(to: 0)
    #expect(
      written.all == [
        "checking: 5 of 7300 worlds, 0.5 a second, 4 h 3 min left, 1 failed",
        "included: 40000 transactions, 2000 a second", "reading: 0 of 3 blocks, 0.0 a second",
      ])
  }

  @Test("On a terminal one line is written over and over, and what else is written takes its place")
  func terminal() throws {
    let (near, far) = try pseudoTerminal()
    defer {
      close(near)
      close(far)
    }
    let line = LiveLine(far)
    var progress = ProgressLog("checking", unit: "blocks", total: 10, live: line, clock: clock.source)
    for done in 1...3 as ClosedRange<UInt64> {
      clock.advance(milliseconds: 150)
      progress.advance(to: done)
    }
    line.write(Array("something else\n".utf8))
    clock.advance(milliseconds: 700)
    progress.advance(to: 10)
    progress.finish()
    // The terminal puts a carriage return before each end of a line.
    let expected =
      "\r\u{1b}[Kchecking: 2 of 10 blocks, 6.7 a second, 2 s left\r\u{1b}[Ksomething else\r\n"
      + "\r\u{1b}[Kchecking: 10 of 10 blocks, 8.7 a second, 0 s left\r\u{1b}[K"
    var read = [UInt8]()
    while read.count < expected.utf8.count {
      var buffer = [UInt8](repeating: 0, count: 256)
      let count = Glibc.read(near, &buffer, buffer.count)
      guard count > 0 else { break }
      read += buffer.prefix(count)
    }
    #expect(String(decoding: read, as: UTF8.self) == expected)
  }

  private struct NoTerminal: Error {}

  /// Two ends of a terminal: what looks at it, and what is written to.
  private func pseudoTerminal() throws -> (near: Int32, far: Int32) {
    let near = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var lock: Int32 = 0, number: UInt32 = 0
    // linux/ioctls.h: TIOCSPTLCK and TIOCGPTN, which are macros that Swift does not see.
    guard near >= 0, ioctl(near, 0x4004_5431, &lock) == 0, ioctl(near, 0x8004_5430, &number) == 0 else {
      throw NoTerminal()
    }
    let far = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
    guard far >= 0 else { throw NoTerminal() }
    return (near, far)
  }
}
