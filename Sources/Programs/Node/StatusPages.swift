import HTTP
import Telemetry

/// What is served on the metrics port: `/health` for those who restart nodes, `/status` for those who want to know which
/// part waits for what, and the metrics on every other path, as the reference node does.
public struct StatusPages: HTTPService {
  private let metrics: MetricsRegistry
  private let services: ServiceList

  public init(metrics: MetricsRegistry, services: ServiceList) {
    self.metrics = metrics
    self.services = services
  }

  public func respond(to request: HTTPRequest, reply: HTTPReply) {
    guard request.method == .GET || request.method == .HEAD else {
      return reply.send(.text(.methodNotAllowed, "method not allowed\n"))
    }
    switch request.path {
    case "/health":
      let reports = services.reports
      reply.send(
        HTTPResponse(
          ServiceList.isReady(reports) ? .ok : .serviceUnavailable, contentType: "application/json",
          body: ByteBuffer(string: ServiceList.healthJSON(reports) + "\n")))
    case "/status": reply.send(.json(ByteBuffer(string: ServiceList.statusJSON(services.reports) + "\n")))
    default:
      reply.send(
        HTTPResponse(
          .ok, contentType: "text/plain; version=0.0.4; charset=utf-8", body: ByteBuffer(string: metrics.exposition)))
    }
  }
}
