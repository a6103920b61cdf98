import HTTP
import SocketTesting
import Testing
import ThreadTesting

@Suite("WebSocket server", .serialized, .offTheCooperativePool)
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

  @Test(
    "What a client must not send closes with 1002: reserved bits and codes, no mask, long or fragmented control frames")
  func brokenFrames() async throws {
    try await withServer { server in
      let frames: [(RawSocket) throws -> Void] = [
        { try $0.writeFrame(.text, [0x61], key: nil) }, { try $0.writeFrame(.text, [0x61], reserved: 4) },
        { try $0.writeFrame(.text, [0x61], reserved: 1) }, { try $0.write([0x83, 0x80, 0, 0, 0, 0]) },
        { try $0.write([0x8b, 0x80, 0, 0, 0, 0]) }, { try $0.writeFrame(.ping, [UInt8](repeating: 0, count: 126)) },
        { try $0.writeFrame(.close, [0x03, 0xe8], isFinal: false) },
        {
          try $0.writeFrame(.text, [0x61], isFinal: false)
          try $0.writeFrame(.text, [0x61])
        },
      ]
      for (index, write) in frames.enumerated() {
        let client = try RawSocket(port: server.port)
        try client.upgrade()
        try write(client)
        #expect(try client.readCloseCode() == 1002, "frame \(index)")
        #expect(client.isClosedByPeer())
      }
    }
  }

  @Test("A text that is not UTF-8 closes with 1007, whole or in fragments; characters may be cut between fragments")
  func invalidText() async throws {
    try await withServer { server in
      for text in [
        [0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82], Array(repeating: 0x61, count: 8) + [0x80],
      ]
        as [[UInt8]]
      {
        let client = try RawSocket(port: server.port)
        try client.upgrade()
        try client.writeFrame(.text, text)
        #expect(try client.readCloseCode() == 1007)
        #expect(client.isClosedByPeer())
      }
      let fragments = try RawSocket(port: server.port)
      try fragments.upgrade()
      try fragments.writeFrame(.text, [0xe2, 0x82], isFinal: false)
      try fragments.writeFrame(.continuation, [0xac])
      #expect(try fragments.readText() == "€")
      try fragments.writeFrame(.text, [0xe2, 0x82], isFinal: false)
      try fragments.writeFrame(.continuation, [0x61])
      #expect(try fragments.readCloseCode() == 1007)
    }
  }

  @Test(
    "A close that says what it must not is answered with 1002 or 1007",
    arguments: [
      ([], 1000), ([0x03], 1002), ([0x03, 0xe7], 1002), ([0x03, 0xed], 1002), ([0x0b, 0xb8], 3000),
      ([0x03, 0xe8, 0xff], 1007),
    ] as [([UInt8], Int)])
  func closePayloads(_ payload: [UInt8], _ code: Int) async throws {
    try await withServer { server in
      let client = try RawSocket(port: server.port)
      try client.upgrade()
      try client.writeFrame(.close, payload)
      #expect(try client.readCloseCode() == code)
      #expect(client.isClosedByPeer())
    }
  }

  @Test(
    "A WebSocket that is not asked for as it must be is refused, and it is said why",
    arguments: [
      ("Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n", 400),
      ("Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n", 400),
      ("Connection: Upgrade\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 426),
      ("Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 426),
      ("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 400),
    ])
  func refusedUpgrades(_ headers: String, _ status: Int) async throws {
    try await withServer { server in
      let client = try RawSocket(port: server.port)
      try client.write("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\(headers)\r\n")
      let response = try client.readResponse()
      #expect(response.status == status)
      #expect((response.headers["sec-websocket-version"] == "13") == (status == 426))
      #expect(client.isClosedByPeer())
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
