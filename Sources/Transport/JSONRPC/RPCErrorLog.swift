import Logging
import Telemetry

/// Tells the log of calls that were answered with an error. Where the node is at fault it is an error of its own, the same
/// reason once a second; where the client is, only those want to know who look closely.
struct RPCErrorLog: Sendable {
  private let log: Logger
  private let throttled: ThrottledLog

  init(_ log: Logger) {
    self.log = log
    throttled = ThrottledLog(log)
  }

  /// - Parameter method: as the table names it; `nil` where it has no such method.
  func answered(_ method: String?, _ error: RPCError) {
    if error.isFault {
      throttled.error("a call fails", reason: error.message, metadata: ["method": "\(method ?? "unknown")"])
    } else {
      log.debug(
        "a call is answered with an error",
        metadata: ["method": "\(method ?? "unknown")", "code": "\(error.code)", "reason": "\(error.message)"])
    }
  }
}
