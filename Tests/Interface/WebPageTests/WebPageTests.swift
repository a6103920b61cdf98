import HTTP
import JSON
import NIOPosix
import SocketTesting
import Testing
import ThreadTesting
import WebPage

@Suite("The page's server", .offTheCooperativePool)
struct WebPageTests {
  /// Answers with its name.
  struct Named: HTTPService {
    let name: String

    func respond(to request: HTTPRequest, reply: HTTPReply) { reply.send(.text(.ok, name)) }
  }

  typealias Ask = (_ path: String, _ method: String, _ headers: String) throws -> RawSocket.Response

  private func serve(_ isDevelopment: Bool = true, _ body: (Ask) throws -> Void) async throws {
    let page = WebPage(
      WebPage.Facts(version: "1", chainID: 270), rpc: Named(name: "rpc"),
      development: isDevelopment ? WebPage.Development(l1: Named(name: "l1"), signer: Named(name: "l2")) : nil,
      pipeline: { "{\"state\":\"running\"}" }, settlement: { "l1_sender_balance 1\n" })
    let server = try await HTTPServer.start(
      page, host: "127.0.0.1", port: 0, on: MultiThreadedEventLoopGroup.singleton)
    let client = try RawSocket(port: server.port)
    let result = Result {
      try body { path, method, headers in
        try client.write("\(method) \(path) HTTP/1.1\r\nHost: page.test\r\n\(headers)Content-Length: 0\r\n\r\n")
        return try client.readResponse()
      }
    }
    await server.shutdown()
    try result.get()
  }

  @Test(
    "Every file of the page is there, and may only be what it is",
    arguments: [
      ("/", "text/html; charset=utf-8"), ("/page.css", "text/css; charset=utf-8"), ("/icon.svg", "image/svg+xml"),
      ("/app.js", "text/javascript; charset=utf-8"), ("/transaction.js", "text/javascript; charset=utf-8"),
      ("/facts.json", "application/json"), ("/signatures.json", "application/json"),
      ("/status/pipeline", "application/json"),
    ])
  func files(path: String, type: String) async throws {
    try await serve { ask in
      let response = try ask(path, "GET", "")
      #expect(response.status == 200 && !response.body.isEmpty)
      #expect(response.headers["content-type"] == type)
      #expect(response.headers["x-content-type-options"] == "nosniff")
      let policy = try #require(response.headers["content-security-policy"])
      #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"))
      #expect(!policy.contains("unsafe") && !policy.contains("*"))
    }
  }

  @Test("A file that a browser has is not sent again")
  func caching() async throws {
    try await serve { ask in
      let tag = try #require(try ask("/app.js", "GET", "").headers["etag"])
      let other = try ask("/app.js", "GET", "If-None-Match: \"another\"\r\n")
      #expect(other.status == 200)
      let stages = try ask("/status/pipeline", "GET", "")
      #expect(stages.headers["cache-control"] == "no-store")
      let again = try ask("/app.js", "GET", "If-None-Match: \(tag)\r\n")
      #expect(again.status == 304 && again.body.isEmpty && again.headers["etag"] == tag)
    }
  }

  @Test("Only this page sends anything, and only beside a development L1")
  func sending() async throws {
    try await serve { ask in
      let own = try ask("/l1", "POST", "Origin: http://page.test\r\n"), program = try ask("/l2", "POST", "")
      #expect(own.body == "l1" && program.body == "l2")
      for origin in ["http://other.test", "null", "http://page.test.other"] {
        let foreign = try ask("/l1", "POST", "Origin: \(origin)\r\n")
        #expect(foreign.status == 403)
      }
      let nobody = try ask("/", "POST", ""), nothing = try ask("/../secret", "GET", "")
      #expect(nobody.status == 405 && nothing.status == 404)
    }
    try await serve(false) { ask in
      let refused = try ask("/l1", "POST", "")
      #expect(refused.status == 405)
      let facts = try JSONValue(parsing: Array(try ask("/facts.json", "GET", "").body.utf8))
      #expect(facts["bridgehub"]?.isNull == true)
    }
  }

  @Test("Declarations are listed by the hash of their types")
  func signatures() async throws {
    try await serve { ask in
      let json = try JSONValue(parsing: Array(try ask("/signatures.json", "GET", "").body.utf8))
      // Source: the Solidity documentation, "Panic via assert and Error via require".
      #expect(json["errors"]?["0x08c379a0"]?.string == "Error(string message)")
      #expect(json["errors"]?["0x4e487b71"]?.string == "Panic(uint256 code)")
    }
  }
}
