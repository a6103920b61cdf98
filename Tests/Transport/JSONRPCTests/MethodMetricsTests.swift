import JSONRPC
import SocketTesting
import Testing
import ThreadTesting

@Suite("Metrics of methods", .offTheCooperativePool)
struct MethodMetricsTests {
  private func call(_ method: String) -> String { #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":[1]}"# }

  @Test("Calls are counted by method, errors by code too, and names that are none together")
  func counts() async throws {
    try await withRPCServer { server in
      let client = try RawSocket(port: server.port)
      func ask(_ message: String) throws {
        try client.post(message)
        _ = try client.readResponse()
      }
      try ask(call("echo"))
      try ask("[\(call("echo")),\(call("made_up")),\(call("another"))]")
      #expect(server.metric(#"rpc_request_seconds_count{method="echo"}"#) == 2)
      #expect(server.metric(#"rpc_request_seconds_count{method="unknown"}"#) == 2)
      #expect(server.metric(#"rpc_errors_total{method="unknown",code="-32601"}"#) == 2)
      #expect(server.metric(#"rpc_errors_total{method="echo",code="-32601"}"#) == nil)
      #expect(server.metric(#"rpc_request_seconds_count{method="made_up"}"#) == nil)
    }
  }

  @Test("Calls that are answered later count when they are")
  func deferred() async throws {
    try await withRPCServer { server in
      let client = try RawSocket(port: server.port)
      try client.post(call("later"))
      _ = try client.readResponse()
      #expect(server.metric(#"rpc_request_seconds_count{method="later"}"#) == 1)
    }
  }
}
