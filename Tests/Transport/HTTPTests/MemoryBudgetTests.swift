import HTTP
import SocketTesting
import Testing
import ThreadTesting

@Suite("Memory for requests and responses", .serialized, .offTheCooperativePool)
struct MemoryBudgetTests {
  let limit = 300_000

  func adjusted(_ limits: inout HTTPServer.Limits) {
    limits.memoryBytes = limit
    limits.memoryWait = .seconds(1)
  }

  func head(_ length: Int) -> String {
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n"
  }

  @Test("Half a request counts from its first byte, and holds no small one up")
  func halfRequest() async throws {
    // It waits for longer than a loaded machine takes to look.
    let patient: (inout HTTPServer.Limits) -> Void = { limits in
      limits.memoryBytes = limit
      limits.memoryWait = .minutes(5)
      limits.requestTime = .minutes(5)
    }
    try await withServer(EchoService(), patient) { server in
      let half = try RawSocket(port: server.port)
      try half.write(head(1_000_000) + String(repeating: "x", count: 1_000))
      #expect(await eventually { server.memory.used == 1_000 })
      try half.write(String(repeating: "x", count: 600_000))
      #expect(await eventually { !server.memory.hasRoom() })
      #expect(server.memory.used <= limit + 65_536)

      let small = try RawSocket(port: server.port)
      try small.post("a small one")
      #expect(try small.readResponse().body == "a small one")
      half.reset()
      #expect(await eventually { server.memory.used == 0 })
    }
  }

  @Test("A request that has waited for room is refused, and leaves it to others")
  func refusedRequest() async throws {
    try await withServer(EchoService(), adjusted) { server in
      let half = try RawSocket(port: server.port)
      try half.write(head(1_000_000) + String(repeating: "x", count: 601_000))
      let refusal = try half.readResponse()
      #expect(refusal.status == 503)
      #expect(refusal.headers["connection"] == "close")
      #expect(half.isClosedByPeer())
      #expect(await eventually { server.memory.used == 0 })

      let large = try RawSocket(port: server.port)
      let body = String(repeating: "y", count: 250_000)
      try large.post(body)
      #expect(try large.readResponse().body == body)
      #expect(await eventually { server.memory.used == 0 })
    }
  }

  @Test("Halves of requests that together fill the memory do not block each other, or anybody, for ever")
  func manyHalves() async throws {
    try await withServer(EchoService(), adjusted) { server in
      var halves: [RawSocket] = []
      for _ in 0..<8 {
        let half = try RawSocket(port: server.port)
        try half.write(head(200_000) + String(repeating: "x", count: 100_000))
        halves.append(half)
      }
      #expect(await eventually { !server.memory.hasRoom() })
      for half in halves { try? half.write(String(repeating: "x", count: 100_000)) }
      var statuses: [Int] = []
      for half in halves { if let status = try? half.readResponse().status { statuses.append(status) } }
      // Whoever was refused made room for the others.
      #expect(Set(statuses).isSubset(of: [200, 503]))
      #expect(statuses.contains(200))
      halves = []
      #expect(await eventually { server.memory.used == 0 })
    }
  }

  @Test("A client that leaves gives back what it held")
  func leaving() async throws {
    // It leaves long before it would be refused.
    let patient: (inout HTTPServer.Limits) -> Void = { limits in
      limits.memoryBytes = limit
      limits.memoryWait = .seconds(30)
    }
    try await withServer(EchoService(), patient) { server in
      let half = try RawSocket(port: server.port)
      // What is left unread fits into the smallest buffer that a socket has, and the end of the connection behind it.
      try half.write(head(1_000_000) + String(repeating: "x", count: limit + 10_000))
      #expect(await eventually { !server.memory.hasRoom() })
      half.close()
      #expect(await eventually { server.memory.used == 0 })
    }
  }

  @Test("A response counts until it is taken")
  func response() async throws {
    try await withServer(EchoService(), { $0.memoryBytes = 100_000_000 }) { server in
      let client = try RawSocket(port: server.port, receiveBuffer: 65_536)
      for _ in 0..<8 { try client.post("", path: "/big") }
      #expect(await eventually { server.memory.used >= 1_000_000 })
      for _ in 0..<8 { #expect(try client.readResponse().body.utf8.count == 1_000_000) }
      #expect(await eventually { server.memory.used == 0 })
    }
  }

  @Test("A WebSocket message counts while it comes, in whatever frames, and until it is worked off")
  func webSocketMessage() async throws {
    try await withServer { server in
      let client = try RawSocket(port: server.port)
      try client.upgrade()
      try client.writeFrame(.text, [UInt8](repeating: 0x61, count: 1_000), isFinal: false)
      #expect(await eventually { server.memory.used == 1_008 })
      try client.writeFrame(.ping, [1, 2, 3])
      #expect(try client.readFrame().opcode == .pong)
      #expect(server.memory.used == 1_008)
      try client.writeFrame(.continuation, [UInt8](repeating: 0x61, count: 10), isFinal: false)
      #expect(await eventually { server.memory.used == 1_024 })
      // A length in more bytes than it needs, unmasked payload of 2 bytes by a mask of zeros, in pieces.
      for piece in [[0x80, 0xff, 0, 0, 0], [0, 0, 0, 0, 2], [0, 0, 0, 0, 0x62]] as [[UInt8]] {
        try client.write(piece)
      }
      #expect(await eventually { server.memory.used == 1_024 + 15 })
      try client.write([0x63])
      #expect(try client.readText().hasSuffix("aabc"))
      #expect(await eventually { server.memory.used == 0 })

      try client.writeText("hold")
      #expect(await eventually { server.memory.used == 4 })
      client.close()
    }
  }

  @Test("A WebSocket message that does not come to its end in time closes with 1008")
  func slowMessage() async throws {
    try await withServer(EchoService(), { $0.requestTime = .milliseconds(150) }) { server in
      let client = try RawSocket(port: server.port), steady = try RawSocket(port: server.port)
      try client.upgrade()
      try steady.upgrade()
      try client.writeFrame(.text, [1, 2, 3], isFinal: false)
      for _ in 0..<6 {
        try steady.writeText("whole")
        #expect(try steady.readText() == "whole")
        try await Task.sleep(for: .milliseconds(50))
      }
      #expect(try client.readCloseCode() == 1008)
      #expect(client.isClosedByPeer())
      try steady.writeText("still here")
      #expect(try steady.readText() == "still here")
      // The last answer is given back a moment after it was read.
      #expect(await eventually { server.memory.used == 0 })
    }
  }
}
