import HTTP
import SocketTesting
import Testing

@Suite("WebSocket server", .serialized)
struct WebSocketTests {
  @Test("Messages come and go on the port of HTTP, whole or in fragments")
  func messages() async throws {
    let service = EchoService()
    try await withServer(service) { server in
      let client = try RawSocket(port: server.port)
      try client.upgrade()
      try client.writeText("hello")
      #expect(try client.readText() == "hello")
      try client.writeFrame(.text, Array("frag".utf8), isFinal: false)
      try client.writeFrame(.ping, Array("in between".utf8))
      try client.writeFrame(.continuation, Array("ment".utf8))
      let (opcode, payload) = try client.readFrame()
      #expect(opcode == .pong)
      #expect(payload == Array("in between".utf8))
      #expect(try client.readText() == "fragment")
      let large = String(repeating: "x", count: 900_000)
      try client.writeText(large)
      #expect(try client.readText() == large)
      client.close()
      #expect(await eventually { service.closedSessions.load(ordering: .relaxed) == 1 })
    }
  }

  @Test("A close is answered with its code")
  func closeHandshake() async throws {
    try await withServer { server in
      let client = try RawSocket(port: server.port)
      try client.upgrade()
      try client.writeFrame(.close, [0x03, 0xe9])
      #expect(try client.readCloseCode() == 1001)
      #expect(client.isClosedByPeer())
    }
  }

  @Test("A message beyond the limit closes with 1009, as one frame or many")
  func tooLarge() async throws {
    try await withServer(EchoService(), { $0.bodyBytes = 1_000 }) { server in
      let one = try RawSocket(port: server.port)
      try one.upgrade()
      try one.writeFrame(.text, [UInt8](repeating: 0x61, count: 1_001))
      #expect(try one.readCloseCode() == 1009)
      #expect(one.isClosedByPeer())

      let many = try RawSocket(port: server.port)
      try many.upgrade()
      try many.writeFrame(.text, [UInt8](repeating: 0x61, count: 600), isFinal: false)
      try many.writeFrame(.continuation, [UInt8](repeating: 0x61, count: 600))
      #expect(try many.readCloseCode() == 1009)
      #expect(many.isClosedByPeer())
    }
  }

  @Test("Frames that break the protocol close with 1002")
  func protocolErrors() async throws {
    try await withServer { server in
      let lost = try RawSocket(port: server.port)
      try lost.upgrade()
      try lost.writeFrame(.continuation, [1])
      #expect(try lost.readCloseCode() == 1002)
      #expect(lost.isClosedByPeer())

      let fragmentedPing = try RawSocket(port: server.port)
      try fragmentedPing.upgrade()
      try fragmentedPing.writeFrame(.ping, [1], isFinal: false)
      #expect(try fragmentedPing.readCloseCode() == 1002)
      #expect(fragmentedPing.isClosedByPeer())
    }
  }

  @Test("A client that does not take what it is sent is disconnected")
  func slowConsumer() async throws {
    let service = EchoService()
    try await withServer(service, { $0.webSocketBacklogBytes = 1 << 20 }) { server in
      let client = try RawSocket(port: server.port, receiveBuffer: 4_096)
      try client.upgrade()
      let before = residentBytes()
      try client.writeText("flood 3000")
      #expect(await eventually { service.closedSessions.load(ordering: .relaxed) == 1 })
      #expect(residentBytes() - before < 100 << 20)
    }
  }

  @Test("A client with too much in work is not read from")
  func workLimit() async throws {
    try await withServer(EchoService(), { $0.webSocketRequestsInWork = 2 }) { server in
      let client = try RawSocket(port: server.port, timeout: 0.3)
      try client.upgrade()
      try client.writeText("hold")
      try client.writeText("echo")
      #expect(try client.readText() == "echo")
      try client.writeText("hold")
      #expect(await eventually { true })
      try await Task.sleep(for: .milliseconds(100))
      try client.writeText("nobody reads this")
      #expect(throws: SocketError.timedOut) { try client.readText() }
    }
  }

  @Test("A client that answers no ping is given up, one that does is not")
  func pings() async throws {
    try await withServer(EchoService(), { $0.pingInterval = .milliseconds(400) }) { server in
      let dead = try RawSocket(port: server.port), alive = try RawSocket(port: server.port)
      try dead.upgrade()
      try alive.upgrade()
      for _ in 0..<3 {
        #expect(try alive.readFrame().opcode == .ping)
        try alive.writeFrame(.pong, [])
      }
      #expect(dead.isClosedByPeer())
      #expect(await eventually { server.connectionCount == 1 })
    }
  }

  @Test("Shutting down says goodbye with 1001")
  func shutdown() async throws {
    let server = try await HTTPServer.start(EchoService(), host: "127.0.0.1", port: 0, on: group)
    let client = try RawSocket(port: server.port)
    try client.upgrade()
    async let done: Void = server.shutdown()
    #expect(try client.readCloseCode() == 1001)
    #expect(client.isClosedByPeer())
    await done
  }
}
