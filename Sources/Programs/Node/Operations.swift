import EthereumAPI
import NodeOptions
import Telemetry

/// What operators see of a node, from the first moment on: the port for metrics and status is open before any database is,
/// so that a node which recovers for minutes says so all the time.
struct Operations {
  let services = ServiceList()
  let registry = MetricsRegistry()
  let watch: PipelineWatch
  let status: HTTPListener
  /// JSON-RPC: the port can be opened before there is a chain, as long as it takes until there is.
  let rpc: RPCServer

  init(_ configuration: NodeConfiguration, on loops: EventLoops) throws(StartError) {
    ProcessMetrics.register(in: registry)
    registry.gauge(
      "build_info", "1, labelled by what the program was built from",
      [("version", Version.current), ("commit", Version.commit), ("target", Version.target)]
    ).set(1)
    registry.gauge("recovery_block", "Last block that was made again since the start, or 0") { [services] in
      Double(services.recovery?.block ?? 0)
    }
    registry.gauge("recovery_target_block", "Last block that is to be made again, or 0") { [services] in
      Double(services.recovery?.of ?? 0)
    }
    watch = PipelineWatch(services)
    status = HTTPListener(
      "status", StatusPages(metrics: registry, services: services, watch: watch),
      at: configuration.operations.metricsAddress, on: loops.operations)
    let starting = EthereumAPI.Configuration(configuration).startingMethods { [services] in
      services.recovery.map { SyncingProgress(starting: $0.from, current: $0.block, highest: $0.of) }
    }
    rpc = RPCServer(
      starting: starting, configuration.rpc, try RPCAccess(configuration.rpcAccess),
      waitingThreads: configuration.replication.mainNodeRPC == nil ? 0 : MainNode.maxWaiting,
      shutdownGrace: configuration.operations.shutdownGrace, on: loops.rpc, registry: registry)
  }

  /// Opens the port.
  func start() async throws {
    try await services.addStarted(status)
    try await services.addStarted(watch)
  }
}
