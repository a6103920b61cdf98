import JSONRPC
import Logging
import Telemetry

/// Faults of the node: those that clients are answered with −32603, of which the dispatcher tells the log, and those that no
/// client waits for, which have their line from here.
public struct FaultLog: Sendable {
  private let log: ThrottledLog
  private let count: Counter

  init(_ log: Logger, _ metrics: EthereumAPIMetrics) {
    self.log = ThrottledLog(log)
    count = metrics.internalErrors
  }

  /// Notes a fault of which no client is told.
  func report(_ reason: String) {
    count.increment()
    log.error("the API cannot read what it needs", reason: reason)
  }

  /// Notes a fault; the answer to the client that ran into it.
  public func internalError(_ reason: String) -> RPCError {
    count.increment()
    return .internalError(reason)
  }

  /// Reads from a port, with its errors as clients see them.
  public func reading<T>(_ body: () throws(ChainReadError) -> T) throws(RPCError) -> T {
    do throws(ChainReadError) {
      return try body()
    } catch {
      switch error {
      case .failed(let reason): throw internalError(reason)
      case .stateNotAvailable: throw .refused(error.description)
      }
    }
  }
}
