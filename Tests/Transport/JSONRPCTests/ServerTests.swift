import HTTP
import JSON
import JSONRPC
import SocketTesting
import Testing
import ThreadTesting

@Suite("JSON-RPC server", .serialized, .offTheCooperativePool)
struct ServerTests {
  func call(_ method: String, id: Int = 1, _ parameters: String = "[]") -> String {
    #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(parameters)}"#
  }

  @Test("A call by POST on any path, answered as JSON")
  func post() async throws {
    try await withRPCServer { server in
      let client = try RawSocket(port: server.port)
      for path in ["/", "/rpc/v1?x=y"] {
        try client.post(call("echo", "[7]"), path: path, contentType: "application/json; charset=utf-8")
        let response = try client.readResponse()
        #expect(response.status == 200)
        #expect(response.headers["content-type"] == "application/json")
        #expect(response.headers["access-control-allow-origin"] == "*")
        #expect(response.body == #"{"jsonrpc":"2.0","result":7,"id":1}"#)
      }
    }
  }

  @Test("Other verbs and media types are refused, a bare GET is a sign of life")
  func verbs() async throws {
    try await withRPCServer { server in
      let client = try RawSocket(port: server.port)
      func status(_ method: String, _ path: String = "/") throws -> Int {
        try client.write("\(method) \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        return try client.readResponse().status
      }
      #expect(try status("GET") == 200)
      #expect(try status("GET", "/?x=1") == 405)
      #expect(try status("PUT") == 405)
      #expect(try status("DELETE") == 405)
      #expect(try status("OPTIONS") == 204)
      #expect(try status("POST") == 415)
      try client.post(call("echo", "[1]"), contentType: "text/plain")
      #expect(try client.readResponse().status == 415)
      try client.post(call("echo", "[1]"), contentType: "Application/JSON-RPC")
      #expect(try client.readResponse().status == 200)
    }
  }

  @Test("A body beyond the limit gets 413 and an error object")
  func bodyLimit() async throws {
    try await withRPCServer({ limits, _ in limits.bodyBytes = 1_000 }) { server in
      let client = try RawSocket(port: server.port)
      try client.post(String(repeating: " ", count: 1_001))
      let response = try client.readResponse()
      #expect(response.status == 413)
      #expect(response.headers["content-type"] == "application/json")
      #expect(response.body.contains("\"code\":-32007,\"message\":\"Request is too big\""))
    }
  }

  @Test("A notification gets an empty 200")
  func notification() async throws {
    try await withRPCServer { server in
      let client = try RawSocket(port: server.port)
      try client.post(#"{"jsonrpc":"2.0","method":"echo","params":[1]}"#)
      let response = try client.readResponse()
      #expect(response.status == 200)
      #expect(response.body.isEmpty)
    }
  }

  @Test("Pipelined calls are answered in order, cheap ones behind slow ones too")
  func pipelining() async throws {
    try await withRPCServer(poolLimit: 1_000) { server in
      let client = try RawSocket(port: server.port)
      let methods = ["slowEcho", "echo", "echo", "slowEcho", "nonsense"]
      try client.write(
        (0..<300).map { RawSocket.postText(call(methods[$0 % 5], id: $0, "[\($0)]")) }.joined())
      for index in 0..<300 {
        let body = try client.readResponse().body
        #expect(body.hasSuffix("\"id\":\(index)}"))
        #expect(body.contains(index % 5 == 4 ? "-32601" : "\"result\":\(index)"))
      }
    }
  }

  @Test("Bytes that are not UTF-8, truncated and deep texts: an error, and the connection goes on")
  func malformed() async throws {
    try await withRPCServer { server in
      let client = try RawSocket(port: server.port)
      let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: "
      let bad: [[UInt8]] = [
        [0xff, 0xfe], Array("{\"jsonrpc\":\"2.0\",\"method\":\"".utf8) + [0xc3, 0x28] + Array("\"}".utf8),
        Array("[1,".utf8),
        [], [UInt8](repeating: 0x5b, count: 200_000),
      ]
      for body in bad {
        try client.write(Array("\(head)\(body.count)\r\n\r\n".utf8) + body)
        let response = try client.readResponse()
        #expect(response.status == 200)
        #expect(response.body.contains("-32700"))
      }
    }
  }

  @Test("Calls over WebSocket, batches and errors included")
  func webSocket() async throws {
    try await withRPCServer { server in
      let client = try RawSocket(port: server.port)
      try client.upgrade(path: "/ws")
      try client.writeText(call("echo", "[7]"))
      #expect(try client.readText() == #"{"jsonrpc":"2.0","result":7,"id":1}"#)
      try client.writeText("[\(call("slowEcho", id: 1, "[1]")),\(call("echo", id: 2, "[2]"))]")
      #expect(try client.readText() == #"[{"jsonrpc":"2.0","result":1,"id":1},{"jsonrpc":"2.0","result":2,"id":2}]"#)
      try client.writeText("{")
      #expect(try client.readText().contains("-32700"))
      try client.writeFrame(.binary, Array(call("echo", "[8]").utf8))
      #expect(try client.readText().contains("\"result\":8"))
    }
  }

  @Test("A subscription's reply comes before its items, and its items in order until it ends")
  func subscriptions() async throws {
    let hub = Hub()
    try await withRPCServer(hub: hub) { server in
      let client = try RawSocket(port: server.port)
      try client.upgrade()
      try client.writeText(call("subscribe"))
      let reply = try JSONValue(parsing: Array(try client.readText().utf8))
      let id = try #require(reply["result"]?.string)
      #expect(id.hasPrefix("0x"))
      func item() throws -> String {
        let text = try client.readText()
        let prefix = #"{"jsonrpc":"2.0","method":"news","params":{"subscription":"\#(id)","result":"#
        #expect(text.hasPrefix(prefix))
        return String(text.dropFirst(prefix.count).dropLast(2))
      }
      #expect(try item() == "0")
      for number in 1...50 { hub.publish("\(number)") }
      for number in 1...50 { #expect(try item() == "\(number)") }
      try client.writeText(call("unsubscribe", "[\"\(id)\"]"))
      #expect(try client.readText().contains("\"result\":true"))
      #expect(hub.open.isEmpty)
      hub.publish("nobody hears this")
      try client.writeText(call("unsubscribe", "[\"\(id)\"]"))
      #expect(try client.readText().contains("\"result\":false"))
    }
  }

  @Test("Subscriptions end with their connection, and there are only so many")
  func subscriptionLimits() async throws {
    let hub = Hub()
    try await withRPCServer(hub: hub, subscriptionLimit: 2) { server in
      let client = try RawSocket(port: server.port)
      try client.upgrade()
      var replies: [String] = []
      for _ in 0..<3 { try client.writeText(call("subscribe")) }
      while replies.count < 3 {
        let text = try client.readText()
        if !text.contains("news") { replies.append(text) }
      }
      #expect(replies[2].contains("-32006"))
      try client.writeText("[\(call("slowEcho", "[1]")),\(call("subscribe"))]")
      var batch = try client.readText()
      while batch.contains("news") { batch = try client.readText() }
      #expect(batch.contains("subscribe in a message of its own"))
      #expect(hub.open.count == 2)
      client.close()
      #expect(await eventually { hub.open.isEmpty })

      let http = try RawSocket(port: server.port)
      try http.post(call("subscribe"))
      #expect(try http.readResponse().body.contains("notifications not supported"))
    }
  }
}
