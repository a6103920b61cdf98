import Concurrency
import HTTP
import JSON
import JSONRPC
import SocketTesting
import Synchronization
import Testing
import ThreadTesting

@Suite("What clients may use", .serialized, .offTheCooperativePool)
struct BudgetTests {
  /// Nanoseconds of a clock that a test moves.
  private final class Clock: Sendable {
    let nanoseconds = Atomic<UInt64>(1)

    func pass(seconds: UInt64) { nanoseconds.add(seconds * 1_000_000_000, ordering: .relaxed) }

    var time: TimeSource {
      TimeSource(unixSeconds: { 0 }, monotonicNanoseconds: { self.nanoseconds.load(ordering: .relaxed) })
    }
  }

  func burn(_ gas: Int, id: Int = 1) -> String {
    #"{"jsonrpc":"2.0","id":\#(id),"method":"burn","params":[\#(gas)]}"#
  }

  func answer(_ client: RawSocket, _ text: String) throws -> JSONValue {
    try client.post(text)
    return try JSONValue(parsing: Array(try client.readResponse().body.utf8))
  }

  @Test("Executed gas is counted by address; who has used it up is told when to ask again, and then may")
  func gasOfAddress() async throws {
    let clock = Clock()
    let budgets = RPCBudgets(perAddress: RPCBudgets.Rates(gas: 1_000), seconds: 10, time: clock.time)
    try await withRPCServer(budgets: budgets) { server in
      let client = try RawSocket(port: server.port), second = try RawSocket(port: server.port)
      // What a call uses shows when it has run: the last one may use more than is left.
      #expect(try answer(client, burn(9_999))["result"]?.boolean == true)
      #expect(try answer(second, burn(3_001))["result"]?.boolean == true)
      for socket in [client, second] {
        let error = try #require(try answer(socket, burn(1, id: 7))["error"])
        #expect(error["code"]?.integer == -32_005)
        #expect(
          error["message"]?.string == "limit exceeded: the address has used its 1000 gas a second, try again in 3001 ms"
        )
        #expect(error["data"]?["budget"]?.string == "gas")
        #expect(error["data"]?["of"]?.string == "address")
        #expect(error["data"]?["retryAfterMs"]?.integer == 3_001)
      }
      #expect(server.metric(#"rpc_busy_refusals{reason="budget"}"#) == 2)
      // Another address has its own, and the same over a WebSocket.
      let other = try RawSocket(port: server.port, source: "127.0.0.2")
      #expect(try answer(other, burn(1))["result"]?.boolean == true)
      let socket = try RawSocket(port: server.port)
      try socket.upgrade()
      try socket.writeText(burn(1))
      #expect(try socket.readText().contains("retryAfterMs"))
      clock.pass(seconds: 4)
      #expect(try answer(client, burn(1))["result"]?.boolean == true)
      try socket.writeText(burn(1))
      #expect(try socket.readText().contains("result"))
    }
  }

  @Test("A connection has a budget of its own, and calls of a batch end where it does")
  func gasOfConnection() async throws {
    let clock = Clock()
    let budgets = RPCBudgets(perConnection: RPCBudgets.Rates(gas: 10), seconds: 1, time: clock.time)
    try await withRPCServer(budgets: budgets) { server in
      let client = try RawSocket(port: server.port)
      let batch = try answer(client, "[\(burn(5)),\(burn(5)),\(burn(5))]")
      let outcomes = (batch.elements(atMost: 3) ?? []).map { $0["error"]?["data"]?["of"]?.string }
      #expect(outcomes == [nil, nil, "connection"])
      #expect(try answer(client, burn(1))["error"]?["code"]?.integer == -32_005)
      let other = try RawSocket(port: server.port)
      #expect(try answer(other, burn(1))["result"]?.boolean == true)
      // However much a single call used, nobody waits longer than a minute.
      #expect(try answer(other, burn(1_000_000))["result"]?.boolean == true)
      #expect(try answer(other, burn(1))["error"]?["data"]?["retryAfterMs"]?.integer == 60_001)
      clock.pass(seconds: 61)
      #expect(try answer(other, burn(1))["result"]?.boolean == true)
    }
  }

  @Test("Bytes of requests and answers are counted, and trusted clients are not limited")
  func bytes() async throws {
    let clock = Clock()
    let budgets = RPCBudgets(perAddress: RPCBudgets.Rates(bytes: 100), seconds: 10, time: clock.time)
    let trust: (inout HTTPServer.Limits, inout RPCDispatcher.Limits) -> Void = { limits, _ in
      limits.trustedAddresses = [IPAddressRange("127.0.0.9")].compactMap(\.self)
    }
    try await withRPCServer(budgets: budgets, trust) { server in
      let big = #"{"jsonrpc":"2.0","id":1,"method":"big","params":["0x1000"]}"#
      let client = try RawSocket(port: server.port)
      #expect(try answer(client, big)["result"]?.string?.utf8.count == 4_096)
      #expect(try answer(client, big)["error"]?["data"]?["budget"]?.string == "bytes")
      let trusted = try RawSocket(port: server.port, source: "127.0.0.9")
      for _ in 0..<3 { #expect(try answer(trusted, big)["result"] != nil) }
    }
  }
}
