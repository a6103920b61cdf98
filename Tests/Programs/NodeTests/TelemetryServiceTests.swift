import HTTP
import JSON
import NIOPosix
import Node
import SocketTesting
import Synchronization
import Telemetry
import Testing

@Suite("Metrics port")
struct TelemetryServiceTests {
  @Test("Metrics on any path, health on its own, and nothing but reading")
  func service() async throws {
    let metrics = MetricsRegistry(), health = HealthRegistry()
    metrics.gauge("block_number", "Block").set(5)
    let state = HealthState()
    health.add("database") { state.status }
    let server = try await HTTPServer.start(
      TelemetryService(metrics: metrics, health: health), host: "127.0.0.1", port: 0,
      on: MultiThreadedEventLoopGroup.singleton)
    let client = try RawSocket(port: server.port)
    func get(_ path: String, method: String = "GET") throws -> RawSocket.Response {
      try client.write("\(method) \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
      return try client.readResponse()
    }
    for path in ["/", "/metrics"] {
      let response = try get(path)
      #expect(response.status == 200)
      #expect(response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
      #expect(response.body == "# HELP block_number Block\n# TYPE block_number gauge\nblock_number 5\n")
    }
    #expect(try get("/metrics", method: "POST").status == 405)
    #expect(try get("/health").status == 200)
    state.set(.degraded("slow \"disk\""))
    #expect(try get("/health").status == 200)
    state.set(.notReady("closed"))
    let unwell = try get("/health")
    #expect(unwell.status == 503)
    let report = try JSONValue(parsing: Array(unwell.body.utf8))
    #expect(report["status"]?.string == "not_ready")
    #expect(report["components"]?["database"]?["details"]?.string == "closed")
    await server.shutdown()
  }
}

private final class HealthState: Sendable {
  private let value = Mutex(HealthRegistry.Status.ready)
  var status: HealthRegistry.Status { value.withLock { $0 } }
  func set(_ status: HealthRegistry.Status) { value.withLock { $0 = status } }
}
