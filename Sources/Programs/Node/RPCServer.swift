import HTTP
import JSONRPC
import Logging
import NIOCore
import NIOPosix
import NodeOptions
import Synchronization
import Telemetry

/// JSON-RPC over HTTP and WebSocket, with the threads on which methods run.
///
/// The port may be open before the node can serve: see ``open()``.
final class RPCServer: Service {
  let name = "rpc"
  private let listener: HTTPListener
  /// What answers, for whoever serves it on a port of theirs, too.
  let service: RPCService
  private let dispatcher: RPCDispatcher
  private let metrics: RPCMetrics
  private let access: RPCAccess
  private let state = Mutex(State())

  private struct State {
    /// What is served once the part has started.
    var complete: MethodTable?
    var isStopped = false
  }

  /// - Parameters:
  ///   - starting: what is served before the part has started.
  ///   - waitingThreads: how many calls may wait for another node, while others are answered.
  init(
    starting: MethodTable, _ options: NodeConfiguration.RPC, _ access: RPCAccess, waitingThreads: Int,
    shutdownGrace: Duration, on loops: MultiThreadedEventLoopGroup, registry: MetricsRegistry
  ) {
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
      methods: access.served(starting), pool: WorkerPool(threads: max(2, processors) + waitingThreads),
      heavyPool: WorkerPool(threads: heavyThreads, reserved: 1, limit: 1_024, byteLimit: 32 << 20, niceness: 10),
      limits: work, metrics: metrics)
    self.access = access
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

  /// What is served, or will be.
  var methods: MethodTable { state.withLock { $0.complete } ?? dispatcher.methods }

  /// Has all that is given served once the part starts, as far as the operator's options let it.
  func complete(with methods: MethodTable) throws(StartError) {
    let served = try access.methods(of: methods)
    state.withLock { $0.complete = served }
  }

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

  /// Opens the port, for a node that has long work to do before it can serve: until it does, clients are told how far it is.
  func open() async throws(StartError) {
    if listener.running != nil { return }
    try await listener.start()
    if let server = listener.running { metrics.observe(server, dispatcher) }
  }

  func start() async throws {
    if let complete = state.withLock({ $0.complete }) { dispatcher.serve(complete) }
    try await open()
  }

  /// Also called where the part was opened and never started.
  func stop() async {
    let isFirst = state.withLock { state in
      defer { state.isStopped = true }
      return !state.isStopped
    }
    guard isFirst else { return }
    await listener.stop()
    await dispatcher.pool.shutdown()
    await dispatcher.heavyPool.shutdown()
  }

  var health: Health { .ready }
}
