import HTTP
import Telemetry

/// What is served on the metrics port: `/health` for those who restart nodes, `/status` and what stands below it for those
/// who want to know which part waits for what, and the metrics on every other path, as the reference node does.
public struct StatusPages: HTTPService {
  private let metrics: MetricsRegistry
  private let services: ServiceList
  private let watch: PipelineWatch

  public init(metrics: MetricsRegistry, services: ServiceList, watch: PipelineWatch) {
    self.metrics = metrics
    self.services = services
    self.watch = watch
  }

  public func respond(to request: HTTPRequest, reply: HTTPReply) {
    guard request.method == .GET || request.method == .HEAD else {
      return reply.send(.text(.methodNotAllowed, "method not allowed\n"))
    }
    switch request.path {
    case "/health":
      let reports = services.reports
      reply.send(Self.json(ServiceList.healthJSON(reports), ServiceList.isReady(reports)))
    case "/status": reply.send(Self.json(ServiceList.statusJSON(services.reports)))
    case "/status/live": reply.send(Self.json("{\"status\":\"live\"}"))
    case "/status/ready":
      let (isReady, json) = watch.readiness
      reply.send(Self.json(json, isReady))
    case "/status/pipeline": reply.send(Self.json(watch.pipelineJSON))
    default:
      reply.send(
        HTTPResponse(
          .ok, contentType: "text/plain; version=0.0.4; charset=utf-8", body: ByteBuffer(string: metrics.exposition)))
    }
  }

  private static func json(_ text: String, _ isWell: Bool = true) -> HTTPResponse {
    HTTPResponse(
      isWell ? .ok : .serviceUnavailable, contentType: "application/json", body: ByteBuffer(string: text + "\n"))
  }
}
