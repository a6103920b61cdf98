import Glibc
import NIOCore
import NIOPosix

/// Why there is no connection, in one line.
package enum ConnectionFailure {
  /// For what may be a list of attempts: the system's word for the last of them.
  package static func text(of error: any Error) -> String {
    if let system = error as? IOError { return String(cString: strerror(system.errnoCode)).lowercased() }
    guard let failure = error as? NIOConnectionError else { return "\(error)" }
    if let last = failure.connectionErrors.last { return text(of: last.error) }
    return failure.dnsAError == nil && failure.dnsAAAAError == nil ? "no connection" : "\(failure.host) is not known"
  }
}
