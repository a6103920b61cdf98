import Logging
import Primitives
import Telemetry
import Transactions

/// Tells the log of transactions that the pool does not take, and of those that it lets go without a block: each one at the
/// level debug. At the level info it tells, the same reason once a second, of those that were refused when they were
/// executed, and where somebody develops of all: whoever has just sent a transaction wants to know of it.
struct RefusalLog: Sendable {
  private let log = Logger(label: "mempool")
  private let throttled: ThrottledLog
  private let isForDeveloper: Bool

  init(isForDeveloper: Bool) {
    self.isForDeveloper = isForDeveloper
    throttled = ThrottledLog(log)
  }

  /// A transaction does not get in.
  func refused(_ transaction: RecoveredTransaction, _ error: MempoolError) {
    write(
      "a transaction is refused", reason: error.description, atOnce: isForDeveloper,
      [
        "hash": "\(transaction.hash)", "sender": "\(transaction.sender)",
        "nonce": "\(transaction.nonce)",
      ])
  }

  /// Transactions have left the pool without a block.
  func left(_ refusals: [Refusal]) {
    for refusal in refusals {
      let isExecution = refusal.reason.kind == .execution
      write(
        isExecution ? "a transaction can be in no block" : "a transaction has left the pool",
        reason: refusal.reason.description, atOnce: isForDeveloper || isExecution,
        ["hash": "\(refusal.hash)", "sender": "\(refusal.sender)", "nonce": "\(refusal.nonce)"])
    }
  }

  /// - Parameter isInfo: whether it is said at the level info, too.
  private func write(
    _ message: Logger.Message, reason: @autoclosure () -> String, atOnce isInfo: Bool,
    _ metadata: @autoclosure () -> Logger.Metadata
  ) {
    if isInfo { throttled.info(message, reason: reason(), metadata: metadata()) }
    guard log.logLevel <= .debug else { return }
    log.debug(message, metadata: metadata().merging(["reason": "\(reason())"]) { $1 })
  }
}
