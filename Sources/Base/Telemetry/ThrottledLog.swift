import Concurrency
import Logging
import Synchronization

/// Writes what may come many thousand times a second, the same one at most once a second, with how often it came.
public final class ThrottledLog: Sendable {
  private struct Entry {
    /// Nanoseconds of the monotonic clock from which the reason is written again.
    var quietUntil: UInt64
    var suppressed: UInt64 = 0
  }

  /// Reasons that are remembered: texts with numbers in them can be many.
  private static let limit = 64

  private let log: Logger
  private let interval: UInt64
  private let clock: TimeSource
  private let entries = Mutex<[String: Entry]>([:])

  public init(_ log: Logger, interval: Duration = .seconds(1), clock: TimeSource = .system) {
    self.log = log
    self.interval = interval.nanoseconds
    self.clock = clock
  }

  /// Writes `message` with its reason, unless the same reason was written within the interval.
  public func error(_ message: Logger.Message, reason: String, metadata: Logger.Metadata = [:]) {
    write(.error, message, reason: reason, metadata: metadata)
  }

  /// The same, of what is no error yet.
  public func warning(_ message: Logger.Message, reason: String, metadata: Logger.Metadata) {
    write(.warning, message, reason: reason, metadata: metadata)
  }

  /// The same, of no error, about what the metadata names.
  public func info(_ message: Logger.Message, reason: String, metadata: Logger.Metadata) {
    write(.info, message, reason: reason, metadata: metadata)
  }

  private func write(
    _ level: Logger.Level, _ message: Logger.Message, reason: String, metadata: Logger.Metadata = [:]
  ) {
    let now = clock.monotonicNanoseconds()
    let suppressed = entries.withLock { entries -> UInt64? in
      if let entry = entries[reason], now < entry.quietUntil {
        entries[reason]?.suppressed += 1
        return nil
      }
      let suppressed = entries[reason]?.suppressed ?? 0
      if entries.count >= Self.limit { entries = entries.filter { now < $0.value.quietUntil } }
      // So many different ones within one interval are written no more than a single one would be.
      guard entries.count < Self.limit else { return nil }
      entries[reason] = Entry(quietUntil: now + interval)
      return suppressed
    }
    guard let suppressed else { return }
    var metadata = metadata
    metadata["reason"] = "\(reason)"
    if suppressed > 0 { metadata["repeated"] = "\(suppressed)" }
    log.log(level: level, message, metadata: metadata)
  }
}
