import HTTP
import JSON
import JSONRPC
import SocketTesting
import ThreadTesting
import Testing

/// Results that go out while they are written. The method `flood` writes as many numbers as it is asked for.
@Suite("Streamed results", .serialized, .offTheCooperativePool)
struct StreamedResultTests {
  func flood(_ count: Int, fails: Bool = false, id: Int = 1) -> String {
    #"{"jsonrpc":"2.0","id":\#(id),"method":"flood","params":[\#("\"0x" + String(count, radix: 16) + "\""),\#(fails)]}"#
  }

  let echo = #"{"jsonrpc":"2.0","id":2,"method":"echo","params":[7]}"#
  let echoed = #"{"jsonrpc":"2.0","result":7,"id":2}"#

  func isWhole(_ text: String, _ count: Int) throws -> Bool {
    let numbers = try JSONValue(parsing: Array(text.utf8))["result"]?["numbers"]?.elements(atMost: .max)
    return numbers?.count == count && numbers?.last?.unsignedInteger == UInt64(count - 1)
      && text.hasSuffix(#"]},"id":1}"#)
  }

  @Test("A long result comes in chunks, a short one with its length, and the connection goes on")
  func chunks() async throws {
    try await withRPCServer { server in
      let client = try RawSocket(port: server.port)
      try client.write(RawSocket.postText(flood(400_000)) + RawSocket.postText(echo) + RawSocket.postText(flood(10)))
      let long = try client.readResponse()
      #expect(long.status == 200)
      #expect(long.headers["transfer-encoding"] == "chunked")
      #expect(long.headers["content-type"] == "application/json")
      #expect(try isWhole(long.body, 400_000))
      #expect(try client.readResponse().body == echoed)
      let short = try client.readResponse()
      #expect(short.headers["content-length"] != nil)
      #expect(try isWhole(short.body, 10))
      #expect(await eventually { server.metric("rpc_memory_bytes") == 0 })
    }
  }

  @Test("A client of HTTP/1.0 gets it without chunks, until the connection closes")
  func oldVersion() async throws {
    try await withRPCServer { server in
      let client = try RawSocket(port: server.port)
      let body = flood(400_000)
      try client.write(
        "POST / HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
      let head = try client.readResponse()
      #expect(head.headers["transfer-encoding"] == nil)
      #expect(head.headers["content-length"] == nil)
      #expect(try isWhole(String(decoding: try client.readToEnd(), as: UTF8.self), 400_000))
    }
  }

  @Test("An error in the middle ends the result, and stands behind it")
  func errors() async throws {
    try await withRPCServer({ _, limits in limits.streamedBytes = 3_000_000 }) { server in
      let client = try RawSocket(port: server.port)
      try client.post(flood(400_000, fails: true))
      let broken = try JSONValue(parsing: Array(try client.readResponse().body.utf8))
      #expect(broken["error"]?["message"]?.string == "enough")
      #expect(broken["result"]?["numbers"]?.elements(atMost: .max)?.count == 400_001)
      #expect(broken["id"]?.unsignedInteger == 1)
      // One that is short is replaced, as any other.
      try client.post(flood(10, fails: true))
      #expect(
        try client.readResponse().body == #"{"jsonrpc":"2.0","error":{"code":-32000,"message":"enough"},"id":1}"#)
      try client.post(flood(10_000_000))
      let large = try JSONValue(parsing: Array(try client.readResponse().body.utf8))
      #expect(large["error"]?["message"]?.string == "Response is too big")
      try client.post(echo)
      #expect(try client.readResponse().body == echoed)
    }
  }

  @Test("In a batch nothing is streamed, and too much is refused")
  func batches() async throws {
    try await withRPCServer({ _, limits in limits.responseBytes = 2_000_000 }) { server in
      let client = try RawSocket(port: server.port)
      try client.post("[\(flood(200_000)),\(echo)]")
      let response = try client.readResponse()
      #expect(response.headers["content-length"] != nil)
      #expect(response.body.hasSuffix("]},\"id\":1},\(echoed)]"))
      try client.post("[\(flood(1_000_000))]")
      #expect(try client.readResponse().body.contains("-32008"))
    }
  }

  @Test("Who does not read holds the work back, with little memory; who leaves ends it")
  func slowReader() async throws {
    let hub = Hub()
    try await withRPCServer(hub: hub) { server in
      let client = try RawSocket(port: server.port, receiveBuffer: 65_536)
      try client.post(flood(1_000_000_000))
      for _ in 0..<20 {
        _ = try client.read(100_000)
        #expect(server.metric("rpc_memory_bytes") ?? .infinity < Double(4 << 20))
      }
      #expect(hub.spinning.load(ordering: .relaxed) == 1)
      client.reset()
      #expect(await eventually { hub.spinning.load(ordering: .relaxed) == 0 })
      #expect(await eventually { server.metric("rpc_memory_bytes") == 0 })
    }
  }

  @Test("The time of a call holds for its stream as well, whether it is read or not")
  func time() async throws {
    let hub = Hub()
    try await withRPCServer(hub: hub, { _, limits in limits.heavyTime = .milliseconds(300) }) { server in
      let client = try RawSocket(port: server.port, receiveBuffer: 65_536)
      try client.post(flood(1_000_000_000))
      #expect(await eventually { server.metric("rpc_timed_out_requests") == 1 })
      let body = try client.readResponse().body
      #expect(body.hasSuffix(#"]},"error":{"code":-32002,"message":"request timed out"},"id":1}"#))
    }
  }

  @Test("Over WebSocket it is one message in fragments, and what comes meanwhile waits for its end")
  func webSocket() async throws {
    let hub = Hub()
    try await withRPCServer(hub: hub) { server in
      let client = try RawSocket(port: server.port, receiveBuffer: 65_536)
      try client.upgrade()
      try client.writeText(#"{"jsonrpc":"2.0","id":0,"method":"subscribe"}"#)
      // The reply, and the item that the method itself publishes.
      _ = (try client.readText(), try client.readText())
      try client.writeText(flood(1_000_000))
      let first = try client.readFragment()
      #expect(first.opcode == .text)
      #expect(!first.isFinal)
      hub.publish("1")
      try client.writeText(echo)
      var text = first.payload
      while true {
        let next = try client.readFragment()
        #expect(next.opcode == .continuation)
        text += next.payload
        if next.isFinal { break }
      }
      #expect(try isWhole(String(decoding: text, as: UTF8.self), 1_000_000))
      let later = [try client.readText(), try client.readText()]
      #expect(later.contains { $0.contains(#""result":1}"#) })
      #expect(later.contains(echoed))
      // Two at a time come one after the other.
      try client.writeText(flood(300_000, fails: true))
      try client.writeText(flood(300_000))
      #expect(try client.readText().hasSuffix(#""message":"enough"},"id":1}"#))
      #expect(try isWhole(try client.readText(), 300_000))
      #expect(await eventually { server.metric("rpc_memory_bytes") == 0 })
    }
  }

  @Test("A WebSocket client that leaves in the middle ends the work")
  func webSocketLeaves() async throws {
    let hub = Hub()
    try await withRPCServer(hub: hub) { server in
      let client = try RawSocket(port: server.port, receiveBuffer: 65_536)
      try client.upgrade()
      try client.writeText(flood(1_000_000_000))
      _ = try client.readFragment()
      client.reset()
      #expect(await eventually { hub.spinning.load(ordering: .relaxed) == 0 })
      #expect(await eventually { server.metric("rpc_memory_bytes") == 0 })
    }
  }
}
