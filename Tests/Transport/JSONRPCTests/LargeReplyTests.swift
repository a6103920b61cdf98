import Concurrency
import HTTP
import JSON
import JSONRPC
import SocketTesting
import Synchronization
import Telemetry
import Testing
import ThreadTesting

@Suite("Answers of any length", .serialized, .offTheCooperativePool)
struct LargeReplyTests {
  func call(_ method: String, _ size: Int, id: Int = 1) -> String {
    #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":[\#(size)]}"#
  }

  @Test("They know no limit, except in a batch")
  func noLimit() async throws {
    try await withRPCServer({ _, limits in limits.responseBytes = 100_000 }) { server in
      let client = try RawSocket(port: server.port)
      try client.post(call("whole", 1_000_000))
      #expect(try client.readResponse().body.utf8.count > 1_000_000)
      try client.post(call("big", 1_000_000))
      #expect(try client.readResponse().body.contains("-32008"))
      try client.post("[\(call("whole", 1_000_000))]")
      #expect(try client.readResponse().body.contains("-32008"))
      let socket = try RawSocket(port: server.port)
      try socket.upgrade()
      try socket.writeText(call("whole", 1_000_000))
      #expect(try socket.readText().utf8.count > 1_000_000)
    }
  }

  /// The replies that clients were given and have not taken: as long as one is kept, so is its place.
  private final class Replies: Sendable {
    private let replies = Mutex<[String: RPCReply]>([:])

    func add(_ name: String, _ reply: RPCReply?) { replies.withLock { $0[name] = reply } }

    /// Whether it has come, and is what it should be; otherwise what it is.
    func text(_ name: String) -> String? { replies.withLock { $0[name].map { String(buffer: $0.text) } } }

    func take(_ name: String) { replies.withLock { _ = $0.removeValue(forKey: name) } }
  }

  @Test(
    "Beyond the memory for answers clients take turns, and nobody is refused who does not wait too long; others are")
  func turns() async throws {
    let pool = WorkerPool(threads: 2)
    let dispatcher = RPCDispatcher(
      methods: testMethods(), pool: pool, heavyPool: pool, metrics: RPCMetrics(MetricsRegistry()))
    // An answer takes more than there is.
    let size = 100_000, memory = MemoryBudget(limit: 70_000), replies = Replies()
    @discardableResult
    func ask(_ name: String, of address: String, _ method: String = "whole") throws -> RPCWork? {
      let context = RPCContext(client: try #require(RPCClient(address)))
      return dispatcher.handle(Array(call(method, size).utf8), context, memory: memory) { replies.add(name, $0) }
    }
    func comes(_ name: String) async -> Bool {
      guard await eventually({ replies.text(name) != nil }) else { return false }
      return (replies.text(name)?.utf8.count ?? 0) > size
    }
    try ask("a1", of: "10.0.0.1")
    #expect(await comes("a1"))
    // One client has one place, and there are two.
    try ask("a2", of: "10.0.0.1")
    try ask("b1", of: "10.0.0.2")
    #expect(await comes("b1"))
    try ask("c1", of: "10.0.0.3")
    let impatient = try #require(try ask("d1", of: "10.0.0.4"))
    // All have run, and three of them wait.
    #expect(await eventually { pool.load == 0 })
    #expect(replies.text("a2") == nil && replies.text("c1") == nil && replies.text("d1") == nil)
    // Those that have a bound are refused at once.
    try ask("e1", of: "10.0.0.5", "bulky")
    #expect(await eventually { replies.text("e1") != nil })
    #expect(replies.text("e1")?.contains("-32005") == true)
    impatient.cancel(.timeLimit)
    #expect(replies.text("d1")?.contains("-32005") == true)
    replies.take("a1")
    #expect(await comes("a2"))
    #expect(replies.text("c1") == nil)
    replies.take("b1")
    #expect(await comes("c1"))
    // Where there is room for it, nobody needs a place.
    let ample = MemoryBudget(limit: 1 << 20)
    let context = RPCContext(client: try #require(RPCClient("10.0.0.3")))
    dispatcher.handle(Array(call("whole", size).utf8), context, memory: ample) { replies.add("c2", $0) }
    #expect(await comes("c2"))
    await pool.shutdown()
  }

  @Test("Who leaves gives the place to others")
  func leaving() async throws {
    try await withRPCServer({ limits, _ in limits.memoryBytes = 1 << 20 }) { server in
      // More than the system takes of it while nobody reads.
      let size = 12 << 20
      var silent = try (0..<3).map {
        try RawSocket(port: server.port, receiveBuffer: 4_096, source: "127.0.0.\(1 + $0)")
      }
      for client in silent { try client.post(call("whole", size)) }
      #expect(await eventually { server.metric("rpc_large_replies_waiting") == 1 })
      for client in silent { client.reset() }
      silent = []
      let client = try RawSocket(port: server.port)
      try client.post(call("whole", size))
      #expect(try client.readResponse().body.utf8.count > size)
      #expect(await eventually { server.metric("rpc_large_replies_waiting") == 0 })
    }
  }

  @Test("Over a WebSocket an answer beyond its backlog does not make its client too slow")
  func webSocket() async throws {
    let limit: (inout HTTPServer.Limits, inout RPCDispatcher.Limits) -> Void = { limits, _ in
      limits.webSocketBacklogBytes = 1 << 20
    }
    try await withRPCServer(limit) { server in
      let socket = try RawSocket(port: server.port)
      try socket.upgrade()
      let size = 9 << 20
      for id in 1...2 { try socket.writeText(call("whole", size, id: id)) }
      for _ in 1...2 { #expect(try socket.readText().utf8.count > size) }
      try socket.writeText(call("echo", 7))
      #expect(try socket.readText().contains("\"result\":7"))
    }
  }
}
