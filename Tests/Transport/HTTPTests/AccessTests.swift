import HTTP
import SocketTesting
import Testing
import ThreadTesting

@Suite("From where a server may be called", .serialized, .offTheCooperativePool)
struct AccessTests {
  /// The response to a request with these headers besides the length.
  func response(_ server: HTTPServer, _ line: String, _ headers: String...) throws -> RawSocket.Response {
    try response(server, line, headers)
  }

  func status(_ server: HTTPServer, _ line: String, _ headers: String...) throws -> Int {
    try response(server, line, headers).status
  }

  private func response(_ server: HTTPServer, _ line: String, _ headers: [String]) throws -> RawSocket.Response {
    let client = try RawSocket(port: server.port)
    try client.write("\(line)\r\n\(headers.map { $0 + "\r\n" }.joined())Content-Length: 0\r\n\r\n")
    return try client.readResponse()
  }

  @Test("Any page may call where all may, with whatever headers its wallet adds")
  func anyOrigin() async throws {
    try await withServer(access: HTTPAccess(origins: .any)) { server in
      let plain = try response(
        server, "OPTIONS / HTTP/1.1", "Host: a", "Origin: http://b", "Access-Control-Request-Method: POST")
      #expect(plain.status == 204)
      #expect(plain.headers["access-control-allow-origin"] == "*")
      #expect(plain.headers["access-control-allow-methods"] == "POST, GET, OPTIONS")
      #expect(plain.headers["access-control-allow-headers"] == "content-type, authorization")
      #expect(plain.headers["access-control-allow-private-network"] == nil)
      let wallet = try response(
        server, "OPTIONS / HTTP/1.1", "Host: a", "Origin: http://b",
        "Access-Control-Request-Headers: content-type,x-sdk-version, Authorization",
        "Access-Control-Request-Private-Network: true")
      #expect(wallet.headers["access-control-allow-headers"] == "content-type,x-sdk-version, Authorization")
      #expect(wallet.headers["access-control-allow-private-network"] == "true")
      // What is no list of names is not repeated.
      let odd = try response(
        server, "OPTIONS / HTTP/1.1", "Host: a", "Origin: http://b", "Access-Control-Request-Headers: a;b=\"c\"")
      #expect(odd.headers["access-control-allow-headers"] == "content-type, authorization")
    }
  }

  @Test("Only listed pages may call where some are listed, over a WebSocket too")
  func listedOrigins() async throws {
    let access = HTTPAccess(origins: .listed(["https://app.example"]))
    try await withServer(access: access) { server in
      let listed = try response(server, "POST / HTTP/1.1", "Host: a", "Origin: https://App.example")
      #expect(listed.headers["access-control-allow-origin"] == "https://App.example")
      #expect(listed.headers["vary"] == "origin")
      let other = try response(server, "POST / HTTP/1.1", "Host: a", "Origin: https://evil.example")
      #expect(other.status == 200)
      #expect(other.headers["access-control-allow-origin"] == nil)
      #expect(other.headers["vary"] == "origin")
      // Programs are not pages.
      #expect(try status(server, "POST / HTTP/1.1", "Host: a") == 200)
      let asks = "Host: a\r\nAccess-Control-Request-Method: POST"
      #expect(try status(server, "OPTIONS / HTTP/1.1", asks, "Origin: https://app.example") == 204)
      #expect(try status(server, "OPTIONS / HTTP/1.1", asks, "Origin: https://evil.example") == 403)
      let upgrade = "Host: a\r\n" + Self.upgrade
      #expect(try status(server, "GET / HTTP/1.1", upgrade, "Origin: https://evil.example") == 403)
      #expect(try status(server, "GET / HTTP/1.1", upgrade, "Origin: https://app.example") == 101)
      #expect(try status(server, "GET / HTTP/1.1", upgrade) == 101)
    }
  }

  static let upgrade = [
    "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ].joined(separator: "\r\n")

  @Test(
    "Requests for other names are refused where some are listed; addresses are no names",
    arguments: [
      ("node.example", 200), ("NODE.example:8545", 200), ("node.example.", 200), ("127.0.0.1:80", 200),
      ("[::1]:80", 200),
      ("", 200), ("evil.example", 403), ("node.example.evil.example", 403), ("127.0.0.1.evil.example", 403),
      ("[evil]:80", 403),
    ])
  func hosts(_ host: String, _ status: Int) async throws {
    try await withServer(access: HTTPAccess(hosts: ["node.example"])) { server in
      #expect(try self.status(server, "POST / HTTP/1.1", "Host: \(host)") == status)
      let upgraded = try self.status(server, "GET / HTTP/1.1", "Host: \(host)", Self.upgrade)
      #expect(upgraded == (status == 200 ? 101 : status))
    }
  }

  @Test("A client of HTTP/1.0 keeps its connection where it asks for that, and is told so")
  func oldKeepAlive() async throws {
    try await withServer { server in
      let client = try RawSocket(port: server.port)
      for text in ["one", "two"] {
        try client.write("POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\n\(text)")
        let response = try client.readResponse()
        #expect(response.headers["connection"] == "keep-alive")
        #expect(response.body == text)
      }
      try client.write("POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi")
      #expect(try client.readResponse().headers["connection"] == "close")
      #expect(client.isClosedByPeer())
    }
  }
}
