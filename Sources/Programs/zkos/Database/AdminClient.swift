import ArgumentParser
import Glibc
import JSON

/// Asks a running node over HTTP, one request on a connection.
struct AdminClient {
  private let host: String
  private let port: String
  private let token: String?

  init(_ url: String, token: String?) throws {
    var rest = url[...]
    if rest.hasPrefix("http://") { rest = rest.dropFirst(7) }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    guard let colon = rest.lastIndex(of: ":"), UInt16(rest[rest.index(after: colon)...]) != nil else {
      throw ValidationError("\(url) is no address such as http://127.0.0.1:3313")
    }
    host = rest[..<colon].filter { $0 != "[" && $0 != "]" }
    port = String(rest[rest.index(after: colon)...])
    self.token = token
  }

  /// What the node answers; throws what it says where it refuses.
  func request(_ method: String, _ path: String, _ body: [UInt8] = []) throws -> JSONValue {
    let descriptor = try connected()
    defer { close(descriptor) }
    var text =
      "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
    if let token { text += "Authorization: Bearer \(token)\r\n" }
    let request = Array("\(text)Content-Length: \(body.count)\r\n\r\n".utf8) + body
    var sent = 0
    while sent < request.count {
      let count = request[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw failure("does not take the request") }
      sent += count
    }
    var answer: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      let count = piece.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
      if count <= 0 { break }
      answer += piece[..<count]
    }
    let parts = String(decoding: answer, as: UTF8.self).split(separator: "\r\n\r\n", maxSplits: 1)
    guard parts.count == 2 else { throw failure("gives no answer") }
    guard parts[0].hasPrefix("HTTP/1.1 2"), let value = try? JSONValue(parsing: Array(parts[1].utf8)) else {
      throw failure("refuses: \(parts[1].split(separator: "\n").first ?? parts[0])")
    }
    return value
  }

  private func failure(_ text: String) -> ValidationError { ValidationError("the node at \(host):\(port) \(text)") }

  private func connected() throws -> Int32 {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, port, &hints, &list) == 0 else { throw failure("has no known address") }
    defer { freeaddrinfo(list) }
    var entry = list
    while let address = entry?.pointee {
      let descriptor = socket(address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
      if descriptor >= 0 {
        if connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return descriptor }
        close(descriptor)
      }
      entry = address.ai_next
    }
    throw failure("cannot be reached: is it running, and is that its admin_address?")
  }
}
