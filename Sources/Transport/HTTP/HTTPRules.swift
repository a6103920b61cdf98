import NIOHTTP1

/// What a request must have beside what the parser demands.
enum HTTPRules {
  /// The answer to a request that breaks a rule; `nil` for one that keeps them. One that asks for a WebSocket and is not
  /// refused is upgraded, and never comes here otherwise.
  static func refusal(of head: HTTPRequestHead, offersWebSocket: Bool, access: HTTPAccess) -> HTTPResponse? {
    // RFC 9112, §3.2: exactly one Host, perhaps an empty one. HTTP/1.0 knows none.
    let hosts = head.headers["host"].count
    if hosts > 1 || hosts == 0 && !isOld(head.version) {
      return .text(.badRequest, "a request needs exactly one Host header\n")
    }
    if let host = head.headers.first(name: "host"), !access.serves(host: host) {
      return .text(.forbidden, "invalid host specified\n")
    }
    guard offersWebSocket, asksForWebSocket(head) else { return nil }
    guard access.opensWebSocket(head.headers) else { return .text(.forbidden, "pages of this origin may not call\n") }
    return upgradeRefusal(head)
  }

  static func isOld(_ version: HTTPVersion) -> Bool { (version.major, version.minor) < (1, 1) }

  private static func asksForWebSocket(_ head: HTTPRequestHead) -> Bool {
    head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
  }

  /// The rules of RFC 6455, §4.2.1.
  private static func upgradeRefusal(_ head: HTTPRequestHead) -> HTTPResponse? {
    guard head.method == .GET, !isOld(head.version) else {
      return .text(.badRequest, "a WebSocket begins with a GET of HTTP/1.1\n")
    }
    guard head.headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "upgrade" }) else {
      return .text(.badRequest, "a WebSocket needs the header Connection: Upgrade\n")
    }
    guard head.headers[canonicalForm: "sec-websocket-version"] == ["13"] else {
      var response = HTTPResponse.text(.upgradeRequired, "the version of a WebSocket must be 13\n")
      response.headers = [("sec-websocket-version", "13"), ("upgrade", "websocket")]
      return response
    }
    let keys = head.headers["sec-websocket-key"]
    guard keys.count == 1, isKey(keys[0]) else {
      return .text(.badRequest, "a WebSocket needs a Sec-WebSocket-Key of 16 bytes in Base64\n")
    }
    return nil
  }

  /// Sixteen bytes in Base64 are 22 digits and two signs of padding.
  private static func isKey(_ text: String) -> Bool {
    let digits = text.utf8.dropLast(2)
    return text.utf8.count == 24 && text.hasSuffix("==")
      && digits.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
          true
        default: false
        }
      }
  }
}
