import HTTP
import JSON
import NIOPosix
import Node
import SocketTesting
import Synchronization
import Telemetry
import Testing
import ThreadTesting

@Suite("Metrics port", .offTheCooperativePool)
struct StatusPagesTests {
  @Test("Metrics on any path, health on its own, and nothing but reading")
  func service() async throws {
    let metrics = MetricsRegistry(), services = ServiceList()
    metrics.gauge("block_number", "Block").set(5)
    let database = TestService("database")
    services.add(database)
    try await services.start()
    let server = try await HTTPServer.start(
      StatusPages(metrics: metrics, services: services, watch: PipelineWatch(services)), host: "127.0.0.1", port: 0,
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
    database.set(.degraded("slow \"disk\""))
    #expect(try get("/health").status == 200)
    database.set(.notReady("closed"))
    let unwell = try get("/health")
    #expect(unwell.status == 503)
    let report = try JSONValue(parsing: Array(unwell.body.utf8))
    #expect(report["status"]?.string == "not_ready")
    #expect(report["components"]?["database"]?["details"]?.string == "closed")
    await server.shutdown()
  }
}

private final class TestService: Service {
  let name: String
  private let value = Mutex(Health.ready)

  init(_ name: String) { self.name = name }

  func start() {}
  func stop() {}
  var health: Health { value.withLock { $0 } }
  func set(_ health: Health) { value.withLock { $0 = health } }
}
