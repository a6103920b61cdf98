import HTTP
import JSON
import JSONRPC
import L1Client
import L1Testing
import NIOPosix
import Synchronization
import Telemetry
import Testing

@Suite("L1 over the network", .serialized)
struct NetworkTransportTests {
  /// A server that answers every call with its own number, or with a status, or not at all.
  private final class Node: Sendable {
    let number: Int
    let status = Atomic<Int>(200)
    let calls = Atomic<Int>(0)
    private let server = Mutex<HTTPServer?>(nil)
    private let held = Mutex<[HTTPReply]>([])

    init(_ number: Int) async throws {
      self.number = number
      var router = HTTPRouter()
      router.on(.POST, "/secret-key") { [self] call in
        calls.add(1, ordering: .relaxed)
        let status = status.load(ordering: .relaxed)
        guard status > 0 else { return held.withLock { $0.append(call.reply) } }
        let text = #"{"jsonrpc":"2.0","id":1,"result":"0x\#(number)"}"#
        call.reply.send(.text(.init(statusCode: status), status == 200 ? text : "no"))
      }
      let group = MultiThreadedEventLoopGroup.singleton
      let running = try await HTTPServer.start(router, host: "127.0.0.1", port: 0, on: group)
      server.withLock { $0 = running }
    }

    var port: Int { server.withLock { $0?.port ?? 0 } }
    var url: String { "http://user:word@127.0.0.1:\(port)/secret-key?token=secret" }

    func stop() async {
      held.withLock { $0 = [] }
      await server.withLock { $0 }?.shutdown(grace: .milliseconds(10))
    }
  }

  private func transport(
    _ nodes: [Node], clock: TestClock = TestClock(), timeout: Duration = .seconds(60), metrics: L1CallMetrics? = nil
  ) -> NetworkTransport {
    var options = NetworkTransport.Options()
    options.timeout = timeout
    let endpoints = nodes.compactMap { RPCEndpoint($0.url) }
    return NetworkTransport(
      options, time: clock.source, metrics: metrics, on: MultiThreadedEventLoopGroup.singleton.next(),
      endpoints: { endpoints })
  }

  @Test("A node that fails is left alone for a while, and then asked again")
  func failover() async throws {
    let first = try await Node(1), second = try await Node(2)
    let clock = TestClock(), registry = MetricsRegistry()
    let transport = transport([first, second], clock: clock, metrics: L1CallMetrics(registry, part: "test"))
    let client = L1Client(transport)
    #expect(try await client.chainID() == 1)
    first.status.store(503, ordering: .relaxed)
    for _ in 0..<3 { #expect(try await client.chainID() == 2) }
    #expect(first.calls.load(ordering: .relaxed) == 2)
    first.status.store(200, ordering: .relaxed)
    #expect(try await client.chainID() == 2)
    clock.advance(by: .seconds(2))
    #expect(try await client.chainID() == 1)
    // Six answers, and one call that the first node failed.
    #expect(registry.exposition.contains(#"l1_calls_total{part="test",outcome="answered"} 6"#))
    #expect(registry.exposition.contains(#"l1_calls_total{part="test",outcome="failed"} 1"#))
    #expect(registry.exposition.contains(#"l1_call_seconds_count{part="test"} 7"#))
    await transport.shutdown()
    for node in [first, second] { await node.stop() }
  }

  @Test("Where no node works, the last failure tells which, and nothing that is secret")
  func secrets() async throws {
    let node = try await Node(1)
    node.status.store(401, ordering: .relaxed)
    let transport = transport([node]), client = L1Client(transport), port = node.port
    for _ in 0..<2 {
      do throws(L1Error) {
        _ = try await client.chainID()
        Issue.record("it must fail")
      } catch {
        #expect(error.isPassing && "\(error)".contains("127.0.0.1:\(port)"))
        for secret in ["user", "word", "secret"] { #expect(!"\(error)".contains(secret), "\(error)") }
      }
      await node.stop()
    }
    await transport.shutdown()
  }

  @Test("A node that does not answer costs one timeout, and no connection")
  func hanging() async throws {
    let node = try await Node(1)
    node.status.store(0, ordering: .relaxed)
    let transport = transport([node], timeout: .milliseconds(50)), client = L1Client(transport)
    // More often than there are connections.
    for _ in 0..<10 { await #expect(throws: L1Error.timedOut) { _ = try await client.chainID() } }
    node.status.store(200, ordering: .relaxed)
    var answer: UInt64?
    for _ in 0..<50 where answer == nil { answer = try? await client.chainID() }
    #expect(answer == 1)
    await transport.shutdown()
    await node.stop()
  }

  @Test("Whoever is cancelled does not wait")
  func cancelled() async throws {
    let node = try await Node(1)
    node.status.store(0, ordering: .relaxed)
    let transport = transport([node]), client = L1Client(transport)
    let call = Task { try await client.chainID() }
    while node.calls.load(ordering: .relaxed) == 0 { try await Task.sleep(for: .milliseconds(1)) }
    call.cancel()
    await #expect(throws: L1Error.self) { try await call.value }
    await transport.shutdown()
    await node.stop()
  }
}
