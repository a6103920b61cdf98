import Concurrency
import Logging

/// Says how far a long piece of work is, with its rate and the time that is left: on a terminal in a line that is written
/// over and over, elsewhere in a line every ten seconds. What is done sooner is not spoken of there.
public struct ProgressLog: Sendable {
  /// Where lines go that stay.
  private enum Lines: Sendable {
    case log(Logger)
    case text(@Sendable (String) -> Void)
  }

  private let lines: Lines
  private let message: String
  private let unit: String
  private let total: UInt64?
  private let live: LiveLine
  private let clock: TimeSource
  private let start: UInt64
  private var nextLine: UInt64

  private static let interval: UInt64 = 10_000_000_000
  /// Seconds left, at most.
  private static let longest = 1e9
  private static let liveInterval: UInt64 = 200_000_000

  /// The progress of work of a node.
  ///
  /// - Parameters:
  ///   - unit: what is counted, as the name of a value in the line: "blocks".
  ///   - total: how many there are.
  public init(
    _ log: Logger, _ message: String, unit: String, total: UInt64, live: LiveLine = .standardOutput,
    clock: TimeSource = .system
  ) {
    self.init(.log(log), message, unit: unit, total: total, live, clock)
  }

  /// The progress of a command.
  ///
  /// - Parameters:
  ///   - total: how many there are; `nil` where nobody knows.
  ///   - write: takes the lines that stay; the standard error where nothing else is said.
  public init(
    _ message: String, unit: String, total: UInt64?, live: LiveLine = .standardError, clock: TimeSource = .system,
    write: (@Sendable (String) -> Void)? = nil
  ) {
    live.turnOn()
    let write = write ?? { live.write(Array("\($0)\n".utf8)) }
    self.init(.text(write), message, unit: unit, total: total, live, clock)
  }

  private init(
    _ lines: Lines, _ message: String, unit: String, total: UInt64?, _ live: LiveLine, _ clock: TimeSource
  ) {
    self.lines = lines
    self.message = message
    self.unit = unit
    self.total = total
    self.live = live
    self.clock = clock
    start = clock.monotonicNanoseconds()
    nextLine = start + (live.isOn ? Self.liveInterval : Self.interval)
  }

  /// So many are done.
  ///
  /// - Parameter note: what else is to be said.
  public mutating func advance(to done: UInt64, note: @autoclosure () -> String = "") {
    let now = clock.monotonicNanoseconds()
    guard now >= nextLine else { return }
    let isLive = live.isOn
    nextLine = now + (isLive ? Self.liveInterval : Self.interval)
    let rate = Double(done) / (Double(now - start) / 1e9)
    let left = rate > 0 ? total.map { $0 > done ? (Double($0 - done) / rate).rounded(.up) : 0 } : nil
    guard !isLive, case .log(let log) = lines else {
      let text = text(done, rate: rate, left: left, note: note())
      if isLive { return live.show(text) }
      if case .text(let write) = lines { write(text) }
      return
    }
    var metadata: Logger.Metadata = [Logger.Metadata.Key(unit): "\(done)", "perSecond": "\(Int(rate.rounded()))"]
    if let total { metadata["of"] = "\(total)" }
    if let left { metadata["secondsLeft"] = "\(Int(min(left, Self.longest)))" }
    log.info("\(message)", metadata: metadata)
  }

  private func text(_ done: UInt64, rate: Double, left: Double?, note: String) -> String {
    let count = total.map { "\(done) of \($0)" } ?? "\(done)"
    let perSecond = rate < 10 ? "\((rate * 10).rounded() / 10)" : "\(Int(rate.rounded()))"
    let time = left.map { ", \(Self.duration(Int(min($0, Self.longest)))) left" } ?? ""
    return "\(message): \(count) \(unit), \(perSecond) a second\(time)\(note.isEmpty ? "" : ", \(note)")"
  }

  private static func duration(_ seconds: Int) -> String {
    if seconds < 120 { return "\(seconds) s" }
    if seconds < 7_200 { return "\(seconds / 60) min" }
    return "\(seconds / 3_600) h \(seconds / 60 % 60) min"
  }

  /// Takes the live line away, as the work is over.
  public func finish() { live.clear() }
}
