import HTTP
import Telemetry

/// What is served on the metrics port: `/health` for those who restart nodes, and the metrics on every other path, as the
/// reference node does.
public struct TelemetryService: HTTPService {
  private let metrics: MetricsRegistry
  private let health: HealthRegistry

  public init(metrics: MetricsRegistry, health: HealthRegistry) {
    self.metrics = metrics
    self.health = health
  }

  public func respond(to request: HTTPRequest, reply: HTTPReply) {
    guard request.method == .GET || request.method == .HEAD else {
      return reply.send(.text(.methodNotAllowed, "method not allowed\n"))
    }
    if request.path == "/health" {
      let status: HTTPResponseStatus = health.report.isReady ? .ok : .serviceUnavailable
      return reply.send(
        HTTPResponse(status, contentType: "application/json", body: ByteBuffer(string: health.json + "\n")))
    }
    reply.send(
      HTTPResponse(
        .ok, contentType: "text/plain; version=0.0.4; charset=utf-8", body: ByteBuffer(string: metrics.exposition)))
  }
}
