import Archive
import Chain
import ChainStorage
import Concurrency
import EthereumAPI
import Files
import JSONRPC
import Logging
import Mempool
import NodeOptions
import Primitives
import Replication
import Scrub
import Sequencer
import Settlement
import StateTree
import Telemetry
import ZKsyncAPI
import ZKsyncOS

/// The parts of a node that executes and checks the blocks of another, and serves clients: what takes load off the node that
/// builds them.
struct ReadRole: Role {
  let services: ServiceList
  let registry: MetricsRegistry
  let chain: Chain
  let rpc: RPCServer
  let page: HTTPListener?
  let feed: HTTPListener?
  var l1: EmbeddedL1? { nil }
  var proverAPI: HTTPListener? { nil }

  /// How long a transaction is sent again that is in no block, in milliseconds.
  private static let forwardedLifetime: UInt64 = 10 * 60 * 1_000

  init(
    _ configuration: NodeConfiguration, _ operations: Operations, loops: EventLoops, failures: FailureSignal,
    terminal: Terminal?
  ) async throws {
    services = operations.services
    registry = operations.registry
    rpc = operations.rpc
    let stores = try await NodeStores(configuration, operations, failures: failures)
    let (options, storage, genesis) = (stores.options, stores.storage, stores.genesis)
    chain = stores.chain

    var pooling = MempoolOptions(configuration, options)
    pooling.lifetime = Self.forwardedLifetime
    let mempool = Mempool(
      options: pooling, accounts: StateAccounts(storage.state), metrics: MempoolMetrics(registry),
      clock: { MonotonicClock.nanoseconds / 1_000_000 })
    let pool = try ReplicaPool(mempool, chain, options)

    var tree: StateTree?
    var pipeline: SettlementPipeline?
    if configuration.replication.keepsTree {
      let kept = try stores.tree()
      pipeline = try SettlementPipeline(chain: chain, tree: kept, registry: registry)
      tree = kept
    }
    stores.noteComplete()
    let replica = try Self.replica(configuration, chain, genesis, tree, pool, on: loops, registry: registry)
    replica.onFailure { failures.raise("\($0)") }

    var mainNode: MainNode?
    if let endpoint = configuration.replication.mainNodeRPC {
      mainNode = try MainNode(
        endpoint, configuration.replication, registry: registry, on: loops.operations.next())
    }
    let forwarding = mainNode.map { ForwardingSubmitter(mempool, to: $0) }
    let stream = chain.stream
    let settled = ReplicaSettlement(replica: replica) { stream.head }
    let api = try NodeAPI(
      configuration, options, chain: chain, tree: tree, pipeline: pipeline, settlement: settled, mempool: mempool,
      submitter: forwarding ?? ReadOnlySubmitter(mempool), reorganisations: nil, nextBaseFee: { pool.nextBaseFee },
      registry: registry)
    var methods = api.methods
    if let mainNode { methods = MainNodeMethods.pass(from: methods, to: mainNode) }
    methods.addModules()
    try rpc.complete(with: methods)

    page =
      configuration.webPage.isEnabled
      ? NodePage.listener(
        configuration, operations, rpc: rpc, l1: nil, submitter: MempoolSubmitter(mempool),
        baseFee: { pool.nextBaseFee }, on: loops) : nil
    let replayFeed = NodeFeed.make(
      configuration, chain: chain, genesisHash: genesis.hash, tree: tree, settlement: settled, on: loops,
      registry: registry)
    feed = replayFeed?.listener

    services.add(chain)
    if let archive = ArchiveService(configuration, storage.log, chain.stream, registry) { services.add(archive) }
    if let pipeline { services.add(pipeline) }
    services.add(stores.diskSpace(registry: registry))
    services.add(pool)
    services.add(replica)
    if let mainNode { services.add(mainNode) }
    if let forwarding { services.add(forwarding) }
    services.add(stores.scrub(tree, mayGoBack: false, registry: registry))
    if configuration.replication.servesRPC {
      services.add(api.ethereum.waiters)
      services.add(api.ethereum.notifier)
    }
    if let replayFeed {
      services.add(replayFeed.feed)
      services.add(replayFeed.listener)
    }
    if configuration.replication.servesRPC { services.add(rpc) }
    if let tree {
      let checkpoints = NodeCheckpoints(
        chain, NodeCheckpoints.Stores(tree: tree), reserve: configuration.sequencer.minFreeDisk, registry: registry)
      services.add(checkpoints)
      if let admin = AdminAPI.listener(configuration.admin, checkpoints, on: loops) { services.add(admin) }
    }
    if let page { services.add(page) }
    services.add(
      StatusLine(
        chain.stream, mempool, transactions: registry.executedTransactions(command: "follow"), services: services))
    if let terminal {
      let place = Greeting.Place(rpc: rpc, status: operations.status, page: page, l1: nil)
      services.add(TerminalService(terminal, chain.stream, mempool) { Greeting(configuration, place) })
    }
    services.show(in: registry)
  }

  private static func replica(
    _ configuration: NodeConfiguration, _ chain: Chain, _ genesis: Block, _ tree: StateTree?, _ pool: ReplicaPool,
    on loops: EventLoops, registry: MetricsRegistry
  ) throws -> Replica {
    let options = configuration.replication
    guard let endpoint = options.mainNode else {
      throw StartError.notForRole(.read, option: "main_node_url", reason: "it is not set")
    }
    var following = Replica.Options(
      endpoint: endpoint, reportFolder: configuration.sequencer.databasePath + "/divergence")
    following.token = options.mainNodeToken.isEmpty ? nil : options.mainNodeToken
    following.certificates = options.trustedCertificates.isEmpty ? nil : options.trustedCertificates
    following.threads = Process.processors
    return try Replica(
      chain, chainID: configuration.rpc.chainID, genesisHash: genesis.hash, options: following,
      on: loops.operations.next(), registry: registry,
      commitment: { block in tree.flatMap { block <= $0.lastVersion ? try? $0.commitment(at: block) : nil } },
      onExecuted: { pool.executed($0) })
  }
}
