import Concurrency
import Logging

/// Says how far a long piece of work is: a line every ten seconds, with its rate and the time that is left. What is done
/// sooner is not spoken of.
public struct ProgressLog {
  private let log: Logger
  private let message: Logger.Message
  private let unit: String
  private let total: UInt64
  private let clock: TimeSource
  private let start: UInt64
  private var nextLine: UInt64

  private static let interval: UInt64 = 10_000_000_000

  /// - Parameters:
  ///   - unit: what is counted, as the name of a value in the line: "blocks".
  ///   - total: how many there are.
  public init(_ log: Logger, _ message: Logger.Message, unit: String, total: UInt64, clock: TimeSource = .system) {
    self.log = log
    self.message = message
    self.unit = unit
    self.total = total
    self.clock = clock
    start = clock.monotonicNanoseconds()
    nextLine = start + Self.interval
  }

  /// So many are done.
  public mutating func advance(to done: UInt64) {
    let now = clock.monotonicNanoseconds()
    guard now >= nextLine, done > 0 else { return }
    nextLine = now + Self.interval
    let seconds = Double(now - start) / 1e9
    let rate = Double(done) / seconds
    let left = total > done ? Double(total - done) / rate : 0
    log.info(
      message,
      metadata: [
        Logger.Metadata.Key(unit): "\(done)", "of": "\(total)", "perSecond": "\(Int(rate.rounded()))",
        "secondsLeft": "\(Int(left.rounded(.up)))",
      ])
  }
}
