import NodeOptions
import Telemetry

/// What operators see of a node, from the first moment on: the port for metrics and status is open before any database is,
/// so that a node which recovers for minutes says so all the time.
struct Operations {
  let services = ServiceList()
  let registry = MetricsRegistry()
  let watch: PipelineWatch
  let status: HTTPListener

  init(_ configuration: NodeConfiguration, on loops: EventLoops) {
    ProcessMetrics.register(in: registry)
    registry.gauge(
      "build_info", "1, labelled by what the program was built from",
      [("version", Version.current), ("commit", Version.commit), ("target", Version.target)]
    ).set(1)
    watch = PipelineWatch(services)
    status = HTTPListener(
      "status", StatusPages(metrics: registry, services: services, watch: watch),
      at: configuration.operations.metricsAddress, on: loops.operations)
  }

  /// Opens the port.
  func start() async throws {
    try await services.addStarted(status)
    try await services.addStarted(watch)
  }
}
