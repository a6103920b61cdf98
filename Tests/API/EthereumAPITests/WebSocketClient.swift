// An API behind a real server, and a client that subscribes.

import EthereumAPI
import HTTP
import JSON
import JSONRPC
import Logging
import NIOPosix
import SocketTesting
import Testing

/// Runs `body` with an API that is served, its notifier at work, and a WebSocket client of it.
func withClient(
  ports: (TestChain) -> OptionalPorts = { _ in OptionalPorts() }, _ body: (Fixture, RawSocket) async throws -> Void
) async throws {
  let fixture = Fixture(ports: ports)
  fixture.api.notifier.start()
  let server = try await HTTPServer.start(
    RPCService(fixture.dispatcher, log: Logger(label: "test")), host: "127.0.0.1", port: 0,
    on: MultiThreadedEventLoopGroup.singleton)
  let client = try RawSocket(port: server.port)
  try client.upgrade()
  let result: Result<Void, any Error>
  do { result = .success(try await body(fixture, client)) } catch { result = .failure(error) }
  fixture.api.notifier.stop()
  await server.shutdown(grace: .milliseconds(50))
  try result.get()
}

/// The response to `eth_subscribe`.
func subscribe(_ client: RawSocket, _ parameters: String) throws -> JSONValue {
  try client.writeText(#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":\#(parameters)}"#)
  return try JSONValue(parsing: Array(try client.readText().utf8))
}

/// The next item and the id of its subscription.
func item(_ client: RawSocket) throws -> (id: String?, result: JSONValue?) {
  let notification = try JSONValue(parsing: Array(try client.readText().utf8))
  #expect(notification["method"]?.string == "eth_subscription")
  return (notification["params"]?["subscription"]?.string, notification["params"]?["result"])
}
