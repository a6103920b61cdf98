import Glibc
import NIOCore

/// Why a server cannot listen, in a few words that stand after the address: "address already in use".
public struct ListenError: Error, Equatable, CustomStringConvertible {
  public let description: String

  init(_ error: any Error) {
    switch error {
    case let error as IOError: description = Self.words(error.errnoCode)
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
