import Glibc
import NIOCore

/// Why a server cannot listen, in a few words that stand after the address: "address already in use".
public struct ListenError: Error, Equatable, CustomStringConvertible {
  public let description: String
  /// Whether the machine does not have the address: another one may do.
  public let isForLackOfAddress: Bool

  init(_ error: any Error) {
    let code = (error as? IOError)?.errnoCode ?? 0
    isForLackOfAddress = code == EADDRNOTAVAIL || code == EAFNOSUPPORT
    switch error {
    case is IOError: description = Self.words(code)
    case is SocketAddressError.UnknownHost: description = "unknown host"
    default: description = "\(error)"
    }
  }

  /// NIO's own text names the Swift function that failed, which is of no use to an operator.
  private static func words(_ code: CInt) -> String {
    let text = String(cString: strerror(code))
    let words = text.prefix(1).lowercased() + text.dropFirst()
    return code == EACCES ? words + " (ports below 1024 need a privilege)" : words
  }
}
