import HTTP
import JSONRPC
import Logging
import NIOCore
import NIOPosix
import NodeOptions
import Telemetry

/// JSON-RPC over HTTP and WebSocket, with the threads on which methods run.
final class RPCServer: Service {
  let name = "rpc"
  private let listener: HTTPListener
  /// What answers, for whoever serves it on a port of theirs, too.
  let service: RPCService
  private let dispatcher: RPCDispatcher
  private let metrics: RPCMetrics

  /// - Parameter waitingThreads: how many calls may wait for another node, while others are answered.
  init(
    methods: MethodTable, _ options: NodeConfiguration.RPC, _ access: RPCAccess, waitingThreads: Int = 0,
    shutdownGrace: Duration,
    on loops: MultiThreadedEventLoopGroup, registry: MetricsRegistry
  ) throws(StartError) {
    let processors = Process.processors
    metrics = RPCMetrics(registry)
    var work = RPCDispatcher.Limits()
    work.heavyTime = TimeAmount(options.heavyTimeLimit)
    work.streamedBytes = options.maxStreamedBytes
    work.batchCalls = options.maxBatchCalls
    work.responseBytes = options.maxResponseBytes
    work.heavyPerConnection = options.maxHeavyCallsPerConnection
    // Heavy calls come behind everybody else: whoever builds and commits blocks goes first.
    let heavyThreads = options.heavyThreads > 0 ? options.heavyThreads : max(2, processors / 2)
    dispatcher = RPCDispatcher(
      methods: try access.methods(of: methods), pool: WorkerPool(threads: max(2, processors) + waitingThreads),
      heavyPool: WorkerPool(threads: heavyThreads, reserved: 1, limit: 1_024, byteLimit: 32 << 20, niceness: 10),
      limits: work, metrics: metrics)
    var limits = HTTPServer.Limits()
    limits.connections = options.maxConnections
    limits.connectionsPerAddress =
      options.maxConnectionsPerAddress > 0 ? options.maxConnectionsPerAddress : max(1, options.maxConnections / 2)
    limits.trustedAddresses = options.trustedAddresses
    limits.trustedProxies = options.trustedProxies
    limits.bodyBytes = options.maxRequestBytes
    // The largest answer must not make its client too slow.
    limits.webSocketBacklogBytes = max(limits.webSocketBacklogBytes, 2 * options.maxResponseBytes)
    limits.requestTime = TimeAmount(options.requestTimeLimit)
    limits.memoryBytes = options.maxMemoryBytes
    limits.memoryWait = TimeAmount(options.memoryWait)
    service = RPCService(
      dispatcher, subscriptionLimit: options.maxSubscriptionsPerConnection, authorization: access.authorization,
      budgets: access.budgets, log: Logger(label: name))
    listener = HTTPListener(
      name, service, at: options.address, limits: limits, grace: shutdownGrace / 5 * 2, access: access.http, on: loops)
  }

  var methods: MethodTable { dispatcher.methods }

  /// Other methods on the same threads, for a port of their own.
  func service(of methods: MethodTable) -> RPCService {
    RPCService(
      RPCDispatcher(
        methods: methods, pool: dispatcher.pool, heavyPool: dispatcher.heavyPool, limits: dispatcher.limits,
        metrics: metrics),
      subscriptionLimit: 0, log: Logger(label: name))
  }

  /// The real port, once it is open.
  var port: Int { listener.port }

  func start() async throws {
    try await listener.start()
    if let server = listener.running { metrics.observe(server, dispatcher) }
  }

  func stop() async {
    await listener.stop()
    await dispatcher.pool.shutdown()
    await dispatcher.heavyPool.shutdown()
  }

  var health: Health { .ready }
}
