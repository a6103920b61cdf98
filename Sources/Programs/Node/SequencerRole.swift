import Chain
import ChainStorage
import Concurrency
import EthereumAPI
import Glibc
import HTTP
import JSONRPC
import Logging
import Mempool
import NodeOptions
import Primitives
import ProverInput
import ProverService
import Sequencer
import Settlement
import StateTree
import SystemPackage
import Telemetry
import ZKsyncOS

/// The parts of a node that builds the blocks of its chain, in the order in which blocks go through them.
///
/// Making a part opens its stores and finds out where an earlier run ended; starting it, in ``services``, is what the list
/// does. The port for metrics and status opens first, so that operators see how the rest gets on.
struct SequencerRole {
  let services = ServiceList()
  let registry = MetricsRegistry()
  let chain: Chain
  let status: HTTPListener
  let rpc: RPCServer

  init(_ configuration: NodeConfiguration, loops: EventLoops, failures: FailureSignal) throws {
    let metrics = NodeMetrics(registry)
    ProcessMetrics.register(in: registry)
    let operations = configuration.operations
    status = HTTPListener(
      "status", StatusPages(metrics: registry, services: services), at: operations.metricsAddress, on: loops.operations)

    let path = configuration.sequencer.databasePath
    try DataDirectory.prepare(path)
    let options = SequencerOptions(configuration)
    let genesis = Genesis.block(baseFee: options.baseFee, gasLimit: options.gasLimit)
    let storage = try ChainStorage(
      directory: path, chainID: options.chainID, protocolVersion: options.protocolVersion, genesis: genesis,
      genesisState: Genesis.emptyState(genesis), retainedBlocks: configuration.sequencer.retainedInMemory,
      metrics: ChainStorageMetrics(registry))
    chain = Chain(storage: storage, registry: registry)
    chain.onFailure { failures.raise("\($0)") }

    let mempool = Mempool(
      options: MempoolOptions(configuration, options), accounts: StateAccounts(storage.state),
      metrics: MempoolMetrics(registry), clock: { MonotonicClock.nanoseconds / 1_000_000 })
    let sequencer = Sequencer(
      chain: chain, pool: mempool, options: options, l1: FixedL1Requests(Genesis.requests), registry: registry)
    sequencer.onFailure { failures.raise("\($0)") }

    var treeOptions = StateTree.Options()
    treeOptions.cacheBytes = configuration.tree.cacheBytes
    treeOptions.retainedVersions = configuration.tree.retainedBlocks
    let tree = try StateTree.open(directory: path + "/tree", options: treeOptions)
    let provers = configuration.provesBlocks ? try Self.provers(configuration, registry) : nil
    var settlementOptions = SettlementPipeline.Options()
    settlementOptions.maxInFlight = configuration.batcher.maxInFlightBlocks
    let settlement = try SettlementPipeline(
      chain: chain, tree: tree, generator: provers == nil ? nil : try Self.generator(configuration),
      jobs: provers?.jobs, options: settlementOptions, registry: registry)

    let state = StateAdapter(state: storage.state)
    let api = NodeAPI(
      NodeAPI.Configuration(configuration),
      chain: ChainAdapter(blocks: storage.blocks, state: state, baseFee: options.baseFee.saturatedUInt64),
      state: state, submitter: SubmitterAdapter(mempool: mempool),
      simulator: SimulatorAdapter(storage: storage, options: options),
      prover: ProofAdapter(storage: storage, settlement: settlement), metrics: metrics)
    _ = mempool.subscribe { api.announce(pending: $0) }
    rpc = RPCServer(methods: api.methods, configuration.rpc, on: loops.rpc, registry: registry)

    services.add(status)
    services.add(chain)
    services.add(settlement)
    if let provers {
      services.add(provers)
      if configuration.proverAPI.isEnabled {
        services.add(
          HTTPListener(
            "prover_api", provers.router, at: configuration.proverAPI.address, limits: provers.limits,
            on: loops.operations))
      }
    }
    services.add(sequencer)
    services.add(AnnouncementFeed(api: api, stream: chain.stream))
    services.add(rpc)
    services.show(in: registry)
  }

  private static func provers(
    _ configuration: NodeConfiguration, _ registry: MetricsRegistry
  ) throws(ProofStoreError) -> ProverService {
    var options = ProverService.Options()
    options.jobs.timeout = configuration.proverAPI.jobTimeout
    options.jobs.maxUnproved = configuration.proverAPI.maxUnprovedBlocks
    options.fakes.provers = configuration.proverAPI.fakeProvers
    return try ProverService(
      path: configuration.sequencer.databasePath + "/proofs", options: options,
      metrics: ProverServiceMetrics(registry))
  }

  private static func generator(_ configuration: NodeConfiguration) throws -> ProverInputGenerator {
    let path = configuration.proverInput.image
    guard !path.isEmpty else { return try ProverInputGenerator(mode: configuration.proverInput.mode) }
    let image: [UInt8]
    do { image = try FilePath(path).contents() } catch {
      throw StartError.cannotRead(path: path, reason: "\(error)")
    }
    return try ProverInputGenerator(mode: configuration.proverInput.mode, image: image)
  }
}

/// Tells the API's subscribers of new blocks, off the path that commits them.
final class AnnouncementFeed: Service {
  let name = "announcements"
  private let api: NodeAPI
  private let follower: BlockFollower
  private let thread = Monitor<ServiceThread?>(nil)

  init(api: NodeAPI, stream: BlockStream) {
    self.api = api
    follower = stream.follow(name, after: stream.head)
  }

  func start() {
    let (api, follower) = (api, follower)
    let started = ServiceThread {
      while case .accepted(let number, _)? = follower.next() { api.announce(block: number) }
    }
    thread.update { $0 = started }
  }

  func stop() {
    follower.close()
    thread.update { thread -> ServiceThread? in
      defer { thread = nil }
      return thread
    }?.join()
  }

  var health: Health { .ready }
}
