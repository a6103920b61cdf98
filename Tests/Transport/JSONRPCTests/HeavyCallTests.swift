import Glibc
import HTTP
import JSON
import JSONRPC
import NIOPosix
import SocketTesting
import Testing
import ThreadTesting

@Suite("Heavy calls", .serialized, .offTheCooperativePool)
struct HeavyCallTests {
  func call(_ method: String, id: Int = 1, _ parameters: String = "[]") -> String {
    #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(parameters)}"#
  }

  func spinning(_ hub: Hub, _ count: Int) async -> Bool {
    await eventually { hub.spinning.load(ordering: .relaxed) == count }
  }

  @Test("A connection may have so many in work; beyond, it is told at once, and others are not concerned")
  func connectionBound() async throws {
    let hub = Hub()
    try await withRPCServer(hub: hub, { _, limits in limits.heavyPerConnection = 2 }) { server in
      let client = try RawSocket(port: server.port)
      try client.upgrade()
      for id in 1...3 { try client.writeText(call("spin", id: id)) }
      #expect(
        try client.readText()
          == #"{"jsonrpc":"2.0","error":{"code":-32005,"message":"server is busy: too many heavy requests on this connection, try again later"},"id":3}"#
      )
      #expect(server.metric(#"rpc_busy_refusals{reason="connection"}"#) == 1)
      try client.writeText(call("slowEcho", id: 4, "[4]"))
      #expect(try client.readText().contains("\"result\":4"))

      let other = try RawSocket(port: server.port)
      try other.post(call("spin", id: 5))
      #expect(await eventually { server.metric("rpc_heavy_queue_length") == 2 })
      hub.isReleased.store(true, ordering: .relaxed)
      #expect(try other.readResponse().body.contains("\"result\":true"))
      #expect(try client.readText().contains("\"id\":1"))
      #expect(try client.readText().contains("\"id\":2"))
      try client.writeText(call("spin", id: 6))
      #expect(try client.readText().contains("\"result\":true"))
    }
  }

  @Test("Clients take turns, and the connections of a client do, however much each has waiting")
  func turns() async throws {
    let hub = Hub()
    try await withRPCServer(hub: hub) { server in
      let busy = try RawSocket(port: server.port)
      try busy.post(call("spin"))
      #expect(await spinning(hub, 1))
      let first = try RawSocket(port: server.port), second = try RawSocket(port: server.port)
      let other = try RawSocket(port: server.port, source: "127.0.0.2")
      for client in [first, second, other] { try client.upgrade() }
      for id in 1...6 { try first.writeText(call("heavyCount", id: id)) }
      #expect(await eventually { server.metric("rpc_heavy_queue_length") == 6 })
      try second.writeText(call("heavyCount", id: 7))
      #expect(await eventually { server.metric("rpc_heavy_queue_length") == 7 })
      try other.writeText(call("heavyCount", id: 8))
      #expect(await eventually { server.metric("rpc_heavy_queue_length") == 8 })
      hub.isReleased.store(true, ordering: .relaxed)
      #expect(try other.readText() == #"{"jsonrpc":"2.0","result":2,"id":8}"#)
      #expect(try second.readText() == #"{"jsonrpc":"2.0","result":3,"id":7}"#)
      for (id, result) in [(1, 1), (2, 4), (3, 5), (4, 6), (5, 7), (6, 8)] {
        #expect(try first.readText() == #"{"jsonrpc":"2.0","result":\#(result),"id":\#(id)}"#)
      }
    }
  }

  @Test("In a full queue the client with the most makes room, and is told so")
  func fullQueue() async throws {
    let hub = Hub()
    try await withRPCServer(hub: hub, heavyLimit: 4) { server in
      let busy = try RawSocket(port: server.port), greedy = try RawSocket(port: server.port)
      try busy.post(call("spin"))
      #expect(await spinning(hub, 1))
      try greedy.upgrade()
      for id in 1...4 { try greedy.writeText(call("heavyCount", id: id)) }
      #expect(await eventually { server.metric("rpc_heavy_queue_length") == 4 })
      let other = try RawSocket(port: server.port, source: "127.0.0.2")
      try other.post(call("heavyCount", id: 9))
      #expect(try greedy.readText().contains("-32005"))
      #expect(server.metric(#"rpc_busy_refusals{reason="heavy_queue"}"#) == 1)
      // Its own place goes to nobody else.
      try greedy.writeText(call("heavyCount", id: 5))
      #expect(try greedy.readText().contains("\"id\":5"))
      hub.isReleased.store(true, ordering: .relaxed)
      #expect(try other.readResponse().body.contains("\"result\":2"))
      for id in 1...3 { #expect(try greedy.readText().contains("\"id\":\(id)")) }
    }
  }

  @Test("A client that leaves takes its work with it, running and waiting, over HTTP and WebSocket")
  func leaving() async throws {
    let hub = Hub()
    try await withRPCServer(hub: hub) { server in
      let first = try RawSocket(port: server.port), second = try RawSocket(port: server.port)
      let third = try RawSocket(port: server.port)
      try first.post("[\(call("spin")),\(call("heavyCount", id: 2))]")
      #expect(await spinning(hub, 1))
      try second.post(call("heavyCount"))
      try third.upgrade()
      for id in 1...3 { try third.writeText(call("heavyCount", id: id)) }
      #expect(await eventually { server.metric("rpc_heavy_queue_length") == 4 })
      second.close()
      #expect(await eventually { server.metric("rpc_heavy_queue_length") == 3 })
      third.close()
      #expect(await eventually { server.metric("rpc_heavy_queue_length") == 0 })
      first.close()
      #expect(await spinning(hub, 0))
      #expect(await eventually { server.metric(#"rpc_requests_in_flight{kind="heavy"}"#) == 0 })
      #expect(server.metric("rpc_abandoned_requests") == 5)
      #expect(hub.calls == 0)

      let socket = try RawSocket(port: server.port)
      try socket.upgrade()
      try socket.writeText(call("spin"))
      #expect(await spinning(hub, 1))
      socket.close()
      #expect(await spinning(hub, 0))
    }
  }

  @Test("The time limit is for a batch as a whole, and for waiting too: what is left is answered as timed out")
  func timeLimit() async throws {
    let hub = Hub()
    try await withRPCServer(hub: hub, { _, limits in limits.heavyTime = .milliseconds(400) }) { server in
      let client = try RawSocket(port: server.port)
      func batch(_ id: Int) -> String {
        "[\(call("echo", id: id, "[7]")),\(call("spin", id: id + 1)),\(call("heavyCount", id: id + 2))]"
      }
      func timedOut(_ id: Int) -> String {
        #"{"jsonrpc":"2.0","error":{"code":-32002,"message":"request timed out"},"id":\#(id)}"#
      }
      try client.post(batch(1))
      #expect(await spinning(hub, 1))
      let waiting = try RawSocket(port: server.port)
      try waiting.upgrade()
      try waiting.writeText(call("spin", id: 10))
      try waiting.writeText(call("heavyCount", id: 11))
      #expect(
        try client.readResponse().body == #"[{"jsonrpc":"2.0","result":7,"id":1},\#(timedOut(2)),\#(timedOut(3))]"#)
      // One got the thread when the batch gave it up, the other may have been given up while it waited for that.
      let replies = [try waiting.readText(), try waiting.readText()]
      #expect(replies.contains(timedOut(10)))
      #expect(replies.contains(timedOut(11)) || replies.contains { $0.contains("\"result\"") })
      #expect(server.metric("rpc_timed_out_requests").map { $0 >= 2 } == true)

      // The connections go on.
      hub.isReleased.store(true, ordering: .relaxed)
      try client.post(call("spin", id: 20))
      #expect(try client.readResponse().body.contains("\"result\":true"))
      try waiting.writeText(call("spin", id: 21))
      #expect(try waiting.readText().contains("\"result\":true"))
    }
  }

  @Test("A server that ends gives up what is in work, and says so")
  func shutdown() async throws {
    let hub = Hub()
    try await withRPCServer(hub: hub) { server in
      let running = try RawSocket(port: server.port), waiting = try RawSocket(port: server.port)
      try running.post(call("spin", id: 1))
      #expect(await spinning(hub, 1))
      try waiting.post(call("spin", id: 2))
      #expect(await eventually { server.metric("rpc_heavy_queue_length") == 1 })
      async let ended: Void = server.server.shutdown(grace: .seconds(20), patience: .milliseconds(50))
      for (client, id) in [(running, 1), (waiting, 2)] {
        // Off the threads of the tasks, which the server needs to begin with its end.
        let body = try await NIOThreadPool.singleton.runIfActive { try client.readResponse().body }
        #expect(
          body
            == #"{"jsonrpc":"2.0","error":{"code":-32005,"message":"server is busy: it is shutting down, try again later"},"id":\#(id)}"#
        )
      }
      await ended
      #expect(await spinning(hub, 0))
    }
  }

  @Test("Messages of WebSocket clients at a busy server stay within its memory, and are refused where they do not")
  func memory() async throws {
    let hub = Hub()
    let limit = 20 << 20
    let adjust: (inout HTTPServer.Limits, inout RPCDispatcher.Limits) -> Void = { limits, _ in
      limits.memoryBytes = limit
      limits.memoryWait = .milliseconds(400)
    }
    try await withRPCServer(hub: hub, adjust) { server in
      // Clients block, and tasks share a few threads with this test; who watches has one of its own, to look in time.
      let threads = NIOThreadPool(numberOfThreads: 4)
      threads.start()
      let message = Array(call("spin", "[\"\(String(repeating: "x", count: 8 << 20))\"]").utf8)
      let replies = try await withThrowingTaskGroup(of: [String].self) { clients in
        async let watched = threads.runIfActive { () -> (most: Int, isRefused: Bool) in
          var most = 0
          for _ in 0..<20_000 {
            most = max(most, server.server.memory.used)
            if server.metric(#"rpc_busy_refusals{reason="memory"}"#).map({ $0 > 0 }) == true { return (most, true) }
            usleep(1_000)
          }
          return (most, false)
        }
        for _ in 0..<3 {
          clients.addTask { try await threads.runIfActive { try Self.send(message, to: server) } }
        }
        let (most, isRefused) = try await watched
        #expect(isRefused)
        #expect(most > limit / 2)
        // Each connection reads one piece at a time.
        #expect(most <= limit + 3 * 131_072)
        hub.isReleased.store(true, ordering: .relaxed)
        return try await clients.reduce(into: []) { $0 += $1 }
      }
      #expect(replies.contains { $0.contains("-32005") && $0.contains("memory") && $0.contains("\"id\":null") })
      #expect(await eventually { server.server.memory.used == 0 })
      try await threads.shutdownGracefully()
      // And it goes on.
      let client = try RawSocket(port: server.port)
      try client.upgrade()
      try client.writeFrame(.text, message, key: [0, 0, 0, 0])
      #expect(try client.readText().contains("\"result\":true"))
    }
  }

  /// Sends four messages, whether or not the server has enough meanwhile, and gives the replies that come.
  private static func send(_ message: [UInt8], to server: TestServer) throws -> [String] {
    let client = try RawSocket(port: server.port)
    try client.upgrade()
    for _ in 0..<4 { do { try client.writeFrame(.text, message, key: [0, 0, 0, 0]) } catch { break } }
    var replies: [String] = []
    while replies.count < 4, let reply = try? client.readText() { replies.append(reply) }
    return replies
  }

  @Test("A large reply for which there is no memory is replaced by an error, a small one is not")
  func replies() async throws {
    let adjust: (inout HTTPServer.Limits, inout RPCDispatcher.Limits) -> Void = { limits, _ in
      limits.memoryBytes = 100_000
    }
    try await withRPCServer(adjust) { server in
      let client = try RawSocket(port: server.port)
      try client.post("[\(call("big", id: 1, "[\"0x1000\"]")),\(call("slowEcho", id: 2, "[1]"))]")
      #expect(try client.readResponse().body.contains("xxx"))
      try client.post("[\(call("big", id: 1, "[\"0x100000\"]")),\(call("slowEcho", id: 2, "[1]"))]")
      let refused = try client.readResponse().body
      #expect(refused.contains("-32005") && refused.contains("memory"))
    }
  }

  @Test("A subscriber that does not read is dropped, and told why; others are not concerned")
  func slowSubscriber() async throws {
    let hub = Hub()
    try await withRPCServer(hub: hub, { limits, _ in limits.webSocketBacklogBytes = 1 << 20 }) { server in
      let slow = try RawSocket(port: server.port, receiveBuffer: 65_536), quick = try RawSocket(port: server.port)
      for client in [slow, quick] {
        try client.upgrade()
        try client.writeText(call("subscribe"))
        #expect(try client.readText().contains("result"))
        #expect(try client.readText().contains("\"result\":0"))
      }
      #expect(server.metric("rpc_subscriptions") == 2)
      let item = "\"" + String(repeating: "n", count: 100_000) + "\""
      // Far more than the system's own buffers hold.
      for _ in 0..<200 where server.metric("rpc_slow_clients_dropped") == 0 {
        hub.publish(item)
        #expect(try quick.readText().count > item.count)
      }
      #expect(await eventually { server.metric("rpc_slow_clients_dropped") == 1 })
      while true {
        let (opcode, payload) = try slow.readFrame()
        guard opcode == .close else { continue }
        #expect(payload.prefix(2) == [0x03, 0xf0])
        #expect(String(decoding: payload.dropFirst(2), as: UTF8.self).hasPrefix("slow consumer: "))
        break
      }
      #expect(await eventually { server.metric("rpc_subscriptions") == 1 })
      #expect(hub.open.count == 1)
    }
  }

  @Test("Items announced together come together and in order, whatever their size")
  func notifications() async throws {
    let hub = Hub()
    try await withRPCServer(hub: hub) { server in
      let client = try RawSocket(port: server.port)
      try client.upgrade()
      try client.writeText(call("subscribe"))
      _ = try client.readText()
      _ = try client.readText()
      let sizes = [1, 5, 20, 125, 1_000, 65_535, 200_000]
      let items = sizes.map { "\"" + String(repeating: "i", count: $0) + "\"" }
      hub.publish(items[0], items[1], items[2], items[3], items[4], items[5], items[6])
      for item in items { #expect(try client.readText().hasSuffix("\"result\":\(item)}}")) }
      #expect(await eventually { server.server.memory.used == 0 })
    }
  }
}
