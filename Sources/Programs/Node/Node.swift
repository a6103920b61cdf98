import ChainStorage
import Concurrency
import EthereumAPI
import Glibc
import HTTP
import JSONRPC
import Logging
import Mempool
import NIOPosix
import NodeOptions
import Primitives
import ProverService
import Sequencer
import Settlement
import Synchronization
import Telemetry
import Transactions
import ZKsyncOS

/// A running node: the stores, the sequencer, the API, the metrics, wired together.
///
/// The order of construction is the order of dependence, and ``stop()`` goes the other way: clients are let go before
/// the sequencer finishes its block, and the stores are closed last.
public final class Node: Sendable {
  public let sequencer: Sequencer
  private let rpc: HTTPServer
  private let telemetry: HTTPServer
  /// Serves provers, where the node has jobs for them.
  private let proverAPI: HTTPServer?
  private let proverThreads: NIOThreadPool
  private let settlement: SettlementStages
  private let workers: [WorkerPool]
  private let loops: MultiThreadedEventLoopGroup
  private let log: Logger
  private let failures: FailureSignal

  /// Opens the stores, catches up with the log, and starts to serve.
  public static func start(_ configuration: NodeConfiguration, log: Logger) async throws -> Node {
    raiseFileLimit()
    try makeDirectory(configuration.sequencer.databasePath)
    var options = SequencerOptions(chainID: configuration.rpc.chainID)
    options.limits.blockTime = configuration.sequencer.blockTime.nanoseconds
    options.limits.transactions = configuration.sequencer.maxTransactions
    options.limits.gas = configuration.sequencer.maxGas
    options.limits.pubdata = UInt64(configuration.sequencer.maxPubdata)

    let genesis = Genesis.block(baseFee: options.baseFee, gasLimit: options.gasLimit)
    let registry = MetricsRegistry()
    let metrics = NodeMetrics(registry)
    let storage = try ChainStorage(
      directory: configuration.sequencer.databasePath, genesis: genesis, genesisState: Genesis.emptyState(genesis),
      retainedBlocks: configuration.sequencer.retainedInMemory, metrics: ChainStorageMetrics(registry))
    let mempool = Mempool(
      options: mempoolOptions(configuration, options), accounts: StateAccounts(storage.state),
      clock: { MonotonicClock.nanoseconds / 1_000_000 })
    let sequencer = Sequencer(
      storage: storage, pool: mempool, options: options, l1: FixedL1Requests(Genesis.requests),
      observer: metrics.sequencerObserver)
    let failures = FailureSignal()
    sequencer.onFailure { error in
      log.critical("block production stopped", metadata: ["error": "\(error)"])
      failures.raise("\(error)")
    }
    sequencer.onRefusedRequest { id, reason in
      log.critical("an L1 transaction cannot be executed", metadata: ["priorityID": "\(id)", "reason": "\(reason)"])
    }

    let behind = storage.log.last - min(storage.state.flushed.number, storage.blocks.flushed.number)
    if behind > 0 { log.info("catching up with the replay log", metadata: ["blocks": "\(behind)"]) }
    try sequencer.recover()

    observe(sequencer, metrics)
    return try await serve(configuration, sequencer, metrics, failures, log)
  }

  private static func serve(
    _ configuration: NodeConfiguration, _ sequencer: Sequencer, _ metrics: NodeMetrics, _ failures: FailureSignal,
    _ log: Logger
  ) async throws -> Node {
    let health = HealthRegistry()
    health.add("sequencer") { sequencer.failure.map { .notReady("\($0)") } ?? .ready }

    let settlement = try SettlementStages(configuration, sequencer, metrics, log)
    observe(settlement.tree, behind: sequencer.storage.blocks, metrics.registry)
    health.add("settlement") { settlement.failure.map { .notReady($0) } ?? .ready }
    let state = StateAdapter(state: sequencer.storage.state)
    let api = NodeAPI(
      apiConfiguration(configuration),
      chain: ChainAdapter(
        blocks: sequencer.storage.blocks, state: state, baseFee: sequencer.options.baseFee.saturatedUInt64),
      state: state, submitter: SubmitterAdapter(mempool: sequencer.pool),
      simulator: SimulatorAdapter(sequencer: sequencer),
      prover: ProofAdapter(storage: sequencer.storage, settlement: settlement), metrics: metrics)
    _ = sequencer.subscribe { api.announce(block: $0.block.number) }
    _ = sequencer.pool.subscribe { api.announce(pending: $0) }

    let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    let workers = WorkerPool(threads: max(2, processors))
    // Half of the processors, and behind everybody else: whoever builds and commits blocks comes first.
    let heavyWorkers = WorkerPool(threads: max(1, processors / 2), limit: 1_024, byteLimit: 32 << 20, niceness: 10)
    var limits = HTTPServer.Limits()
    limits.connections = configuration.rpc.maxConnections
    do {
      let telemetry = try await listen(
        TelemetryService(metrics: metrics.registry, health: health), at: configuration.operations.metricsAddress,
        on: loops)
      let proverThreads = NIOThreadPool(numberOfThreads: 2)
      proverThreads.start()
      var proverAPI: HTTPServer?
      if configuration.proverAPI.isEnabled, let jobs = settlement.jobs {
        proverAPI = try await listen(
          ProverAPI(jobs: jobs, threads: proverThreads).router, at: configuration.proverAPI.address,
          limits: ProverAPI.limits(), on: loops)
      }
      try sequencer.start()
      let rpcMetrics = RPCMetrics(metrics.registry)
      let dispatcher = RPCDispatcher(
        methods: api.methods, pool: workers, heavyPool: heavyWorkers, metrics: rpcMetrics)
      let rpc = try await listen(
        RPCService(dispatcher, subscriptionLimit: configuration.rpc.maxSubscriptionsPerConnection, log: log),
        at: configuration.rpc.address, limits: limits, allowsAnyOrigin: true, on: loops)
      rpcMetrics.observe(rpc, dispatcher)
      log.info(
        "serving",
        metadata: [
          "rpc": "\(configuration.rpc.address.host):\(rpc.port)",
          "metrics": "\(configuration.operations.metricsAddress.host):\(telemetry.port)",
          "chainID": "\(configuration.rpc.chainID)", "head": "\(sequencer.storage.blocks.head)",
        ])
      return Node(
        sequencer, settlement, rpc, telemetry, proverAPI, [workers, heavyWorkers], proverThreads, loops, log, failures)
    } catch {
      try? await loops.shutdownGracefully()
      throw error
    }
  }

  private static func listen(
    _ service: any HTTPService, at address: Endpoint, limits: HTTPServer.Limits = HTTPServer.Limits(),
    allowsAnyOrigin: Bool = false, on loops: MultiThreadedEventLoopGroup
  ) async throws(StartError) -> HTTPServer {
    do {
      return try await HTTPServer.start(
        service, host: address.host, port: address.port, limits: limits, allowsAnyOrigin: allowsAnyOrigin, on: loops)
    } catch {
      throw .cannotListen(address, reason: "\(error)")
    }
  }

  private init(
    _ sequencer: Sequencer, _ settlement: SettlementStages, _ rpc: HTTPServer, _ telemetry: HTTPServer,
    _ proverAPI: HTTPServer?, _ workers: [WorkerPool], _ proverThreads: NIOThreadPool,
    _ loops: MultiThreadedEventLoopGroup, _ log: Logger, _ failures: FailureSignal
  ) {
    self.sequencer = sequencer
    self.settlement = settlement
    self.proverAPI = proverAPI
    self.proverThreads = proverThreads
    self.rpc = rpc
    self.telemetry = telemetry
    self.workers = workers
    self.loops = loops
    self.log = log
    self.failures = failures
  }

  /// Returns when block production has failed, with the reason; otherwise waits for ever.
  public func failure() async -> String { await failures.reason() }

  /// Lets clients go, finishes the block under construction, makes everything durable.
  public func stop() async throws {
    await rpc.shutdown()
    for pool in workers { await pool.shutdown() }
    await proverAPI?.shutdown()
    let sequencer = sequencer, settlement = settlement, log = log
    // Settlement lets go first: it must not hold the sequencer back any more.
    try await NIOThreadPool.singleton.runIfActive {
      settlement.stop()
      try sequencer.stop()
      settlement.join(log)
    }
    try await proverThreads.shutdownGracefully()
    await telemetry.shutdown()
    try await loops.shutdownGracefully()
    log.info("stopped", metadata: ["head": "\(sequencer.storage.blocks.head)"])
  }
}

/// Why the node did not start, besides what configuration and stores say themselves.
enum StartError: Error, CustomStringConvertible {
  case cannotCreate(path: String, reason: String)
  case cannotRead(path: String, reason: String)
  case cannotListen(Endpoint, reason: String)

  var description: String {
    switch self {
    case .cannotCreate(let path, let reason): "cannot create the folder \(path): \(reason)"
    case .cannotRead(let path, let reason): "cannot read \(path): \(reason)"
    case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
    }
  }
}

/// Carries the first failure of a thread to the task that waits for it.
final class FailureSignal: Sendable {
  private let stream: AsyncStream<String>
  private let continuation: AsyncStream<String>.Continuation

  init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1)) }

  func raise(_ reason: String) { continuation.yield(reason) }

  func reason() async -> String {
    for await reason in stream { return reason }
    // The stream never ends by itself; a cancelled wait has no reason to give.
    return "cancelled"
  }
}
