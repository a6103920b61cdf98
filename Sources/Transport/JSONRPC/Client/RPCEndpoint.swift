import Primitives

/// Where a JSON-RPC server is: the parts of an `http`, `https`, `ws` or `wss` URL.
///
/// What may be secret in it, user, password, path and query, never shows in ``description``.
public struct RPCEndpoint: Sendable, Equatable, CustomStringConvertible {
  enum Scheme: String, Sendable {
    case http, https, ws, wss

    var defaultPort: Int { isSecure ? 443 : 80 }
    var isSecure: Bool { self == .https || self == .wss }
    var isWebSocket: Bool { self == .ws || self == .wss }
  }

  let scheme: Scheme
  /// A name or an address, an IPv6 one without brackets.
  package let host: String
  package let port: Int
  /// With the query.
  package let path: String
  /// The value of the header `Authorization`, where the URL names a user.
  package let authorization: String?

  /// `nil` for what is no such URL.
  public init?(_ url: String) {
    let parts = url.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let scheme = Scheme(rawValue: parts[0].lowercased()), parts[1].hasPrefix("//"),
      // What must not be in the head of a request.
      url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
    else { return nil }
    let rest = parts[1].dropFirst(2).prefix { $0 != "#" }
    var authority = rest.prefix { $0 != "/" && $0 != "?" }
    let path = rest[authority.endIndex...]
    authorization = authority.lastIndex(of: "@").flatMap { Self.basic(authority[..<$0]) }
    if let at = authority.lastIndex(of: "@") {
      guard authorization != nil else { return nil }
      authority = authority[authority.index(after: at)...]
    }
    var port = authority[authority.endIndex...]
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return nil }
      port = authority[authority.index(after: end)...]
      host = String(authority[authority.index(after: authority.startIndex)..<end])
    } else {
      let colon = authority.firstIndex(of: ":") ?? authority.endIndex
      port = authority[colon...]
      host = String(authority[..<colon])
    }
    guard !host.isEmpty else { return nil }
    if port.isEmpty {
      self.port = scheme.defaultPort
    } else {
      guard port.hasPrefix(":"), let number = UInt16(port.dropFirst()) else { return nil }
      self.port = Int(number)
    }
    self.scheme = scheme
    self.path = path.hasPrefix("/") ? String(path) : "/" + path
  }

  /// Whether each request stands for itself, which it does not on a WebSocket.
  package var isHTTP: Bool { !scheme.isWebSocket }

  /// Scheme, host and port.
  public var description: String { "\(scheme.rawValue)://\(authority)" }

  /// Host and port, as the header `Host` names them.
  package var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

  /// User and password of a URL as the header has them (RFC 7617); `nil` where they are not well written.
  private static func basic(_ text: some StringProtocol) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    var encoded = Array("Basic ".utf8)
    Base64.append(bytes, to: &encoded)
    return String(decoding: encoded, as: UTF8.self)
  }
}
