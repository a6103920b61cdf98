import HTTP
import JSON
import JSONRPC
import NIOCore
import NIOPosix
import SocketTesting
import Testing
import ThreadTesting

@Suite("JSON-RPC client", .serialized, .offTheCooperativePool)
struct ClientTests {
  @Test("Calls, errors and many in flight")
  func calls() async throws {
    try await withRPCServer(poolLimit: 10_000) { server in
      let client = try JSONRPCClient(url: "http://127.0.0.1:\(server.port)", connections: 4, on: group.any())
      #expect(try await client.call("echo") { $0.string("hi") }.string == "hi")
      do throws(RPCClientError) {
        _ = try await client.call("fail")
        Issue.record("the call must fail")
      } catch {
        guard case .refused(let error) = error else {
          Issue.record("\(error)")
          return
        }
        #expect(error == RPCError(code: 3, message: "execution \"reverted\"", data: .bytes([1, 2])))
      }
      let sum = try await withThrowingTaskGroup(of: UInt64.self) { tasks in
        for number in 0..<500 {
          tasks.addTask { try await client.call("slowEcho") { $0.number(number) }.unsignedInteger ?? 0 }
        }
        return try await tasks.reduce(0, +)
      }
      #expect(sum == 499 * 500 / 2)
      #expect(server.connectionCount <= 4)
      await client.shutdown()
      await #expect(throws: RPCClientError.self) { try await client.call("echo") }
    }
  }

  @Test("No server, no time, no JSON-RPC")
  func failures() async throws {
    let nobody = try JSONRPCClient(url: "http://127.0.0.1:1/", on: group.any())
    await #expect(throws: RPCClientError.self) { try await nobody.call("echo") }
    for url in [
      "ftp://a", "http://", "http://a:b", "http://a:99999", "a:1", "http://a:1:2", "http://a b", "ws://a%zz@b",
    ] {
      #expect(throws: RPCClientError.self) { try JSONRPCClient(url: url, on: group.any()) }
    }
    try await withRPCServer { server in
      let hasty = try JSONRPCClient(
        url: "http://127.0.0.1:\(server.port)", connections: 1, timeout: .milliseconds(80), on: group.any())
      do throws(RPCClientError) {
        _ = try await hasty.call("sleep")
        Issue.record("the call must time out")
      } catch {
        guard case .timedOut = error else {
          Issue.record("\(error)")
          return
        }
      }
      await hasty.shutdown()
    }
    var router = HTTPRouter()
    router.on(.POST, "/text") { $0.reply.send(.text(.ok, "hello")) }
    router.on(.POST, "/empty") { $0.reply.send(.text(.ok, "{}")) }
    let server = try await HTTPServer.start(router, host: "127.0.0.1", port: 0, on: group)
    for path in ["/text", "/empty", "/missing"] {
      let client = try JSONRPCClient(url: "http://127.0.0.1:\(server.port)\(path)", on: group.any())
      do throws(RPCClientError) {
        _ = try await client.call("x")
        Issue.record("\(path) must fail")
      } catch {
        switch error {
        case .malformed: #expect(path != "/missing")
        case .status(let status): #expect(path == "/missing" && status == 404)
        default: Issue.record("\(error)")
        }
      }
      await client.shutdown()
    }
    await server.shutdown()
  }
}

@Suite("JSON-RPC client over WebSocket", .serialized, .offTheCooperativePool)
struct WebSocketClientTests {
  @Test("Calls, errors, large answers and many in flight")
  func calls() async throws {
    try await withRPCServer(poolLimit: 10_000) { server in
      let client = try JSONRPCClient(url: "ws://127.0.0.1:\(server.port)", connections: 4, on: group.any())
      #expect(try await client.call("echo") { $0.string("hi") }.string == "hi")
      await #expect(throws: RPCClientError.self) { try await client.call("fail") }
      #expect(try await client.call("big") { $0.number(3_000_000) }.string?.utf8.count == 3_000_000)
      let sum = try await withThrowingTaskGroup(of: UInt64.self) { tasks in
        for number in 0..<200 {
          tasks.addTask { try await client.call("slowEcho") { $0.number(number) }.unsignedInteger ?? 0 }
        }
        return try await tasks.reduce(0, +)
      }
      #expect(sum == 199 * 200 / 2)
      #expect(server.connectionCount <= 4)
      await client.shutdown()
    }
  }

  @Test("A server that has no WebSocket, and one that hangs")
  func failures() async throws {
    let server = try await HTTPServer.start(HTTPRouter(), host: "127.0.0.1", port: 0, on: group)
    let client = try JSONRPCClient(url: "ws://127.0.0.1:\(server.port)/", on: group.any())
    await #expect(throws: RPCClientError.self) { try await client.call("echo") }
    await client.shutdown()
    await server.shutdown()
    try await withRPCServer { server in
      let hasty = try JSONRPCClient(
        url: "ws://127.0.0.1:\(server.port)", connections: 1, timeout: .milliseconds(80), on: group.any())
      await #expect(throws: RPCClientError.self) { try await hasty.call("sleep") }
      await hasty.shutdown()
    }
  }
}

@Suite("Addresses of JSON-RPC servers")
struct RPCEndpointTests {
  @Test(
    "Scheme, host and port show, and nothing else",
    arguments: [
      ("http://a", "http://a:80"), ("https://a/b", "https://a:443"), ("WS://a:1?x", "ws://a:1"),
      ("wss://user:pass@a.b/v3/key", "wss://a.b:443"), ("http://[::1]:8545/", "http://[::1]:8545"),
      ("http://u%40:p@1.2.3.4:5#f", "http://1.2.3.4:5"),
    ])
  func described(_ url: String, _ text: String) {
    #expect(RPCEndpoint(url)?.description == text)
  }
}
