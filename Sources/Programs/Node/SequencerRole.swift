import Archive
import Batches
import Chain
import ChainStorage
import Checkpoints
import Concurrency
import EthereumAPI
import FRIProofs
import Files
import Glibc
import HTTP
import JSONRPC
import L1Client
import L1Requests
import Logging
import Mempool
import NodeOptions
import Primitives
import ProverInput
import ProverService
import RocksDB
import Scrub
import Sequencer
import Settlement
import StateTree
import Telemetry
import ZKsyncAPI
import ZKsyncOS

/// The parts of a node that builds the blocks of its chain, in the order in which blocks go through them.
///
/// Making a part opens its stores and finds out where an earlier run ended; starting it, in ``services``, is what the list
/// does. The port for metrics and status is open before any of that (``Operations``).
struct SequencerRole: Role {
  let services: ServiceList
  let registry: MetricsRegistry
  let chain: Chain
  /// The L1 in the node's process, where it has one.
  let l1: EmbeddedL1?
  let rpc: RPCServer
  /// Where the page is, where there is one.
  let page: HTTPListener?
  /// Where provers find their jobs, where they find any.
  let proverAPI: HTTPListener?
  let feed: HTTPListener?

  init(
    _ configuration: NodeConfiguration, _ operations: Operations, clock: TimeSource, loops: EventLoops,
    failures: FailureSignal, terminal: Terminal?
  ) throws {
    services = operations.services
    registry = operations.registry
    let access = try RPCAccess(configuration.rpcAccess)
    let path = configuration.sequencer.databasePath
    try RestoredCheckpoint.admit(path)
    try DataDirectory.prepare(path)
    try DiskSpace.check(path, reserve: configuration.sequencer.minFreeDisk)
    if !configuration.l1Watcher.databasePath.isEmpty { try DataDirectory.make(configuration.l1Watcher.databasePath) }
    let repairs = configuration.sequencer.repairs
    if repairs { try DatabaseRepair.run(path, log: Logger(label: "repair")) }
    let isRestored = RestoredLog.isNoted(in: path)
    let options = SequencerOptions(configuration)
    // Block 0 stays what it is whatever an operator charges.
    let genesis = Genesis.block(baseFee: SequencerOptions(chainID: options.chainID).baseFee, gasLimit: options.gasLimit)
    let storage = try ChainStorage(
      directory: path, chainID: options.chainID, protocolVersion: options.protocolVersion, genesis: genesis,
      genesisState: Genesis.emptyState(genesis), rebuildsMissing: repairs || isRestored,
      retainedBlocks: configuration.sequencer.retainedInMemory, metrics: ChainStorageMetrics(registry))
    chain = Chain(storage: storage, registry: registry)
    chain.onFailure { failures.raise("\($0)") }

    let archive = ArchiveService(configuration, storage.log, chain.stream, registry)

    l1 =
      configuration.developmentL1.isEnabled
      ? try EmbeddedL1(configuration, storedBatchZero: StoredBatchInfo.ofEmptyChain.hash, clock: clock) : nil

    let mempool = Mempool(
      options: MempoolOptions(configuration, options), accounts: StateAccounts(storage.state),
      metrics: MempoolMetrics(registry), clock: { MonotonicClock.nanoseconds / 1_000_000 })
    let journal = try MempoolJournal(mempool, configuration, registry)
    let requests = try NodeL1Requests(configuration, storage)
    let development = try NodeDevelopment.control(configuration, options, storage, clock: clock)
    let sequencer = Sequencer(
      chain: chain, pool: mempool, options: options, l1: requests.queue, development: development, clock: clock,
      registry: registry)
    sequencer.onFailure { failures.raise("\($0)") }
    let isEmbedded = l1 != nil && configuration.l1Watcher.isDefault
    let connection = Self.connection(configuration, to: isEmbedded ? l1 : nil, clock, loops, registry)

    let tree = try Self.tree(configuration, blocks: storage.log.last, rebuildsMissing: repairs || isRestored)
    if isRestored { RestoredLog.forget(in: path) }
    let provers = configuration.provesBlocks ? try Self.provers(configuration, registry) : nil
    var settlementOptions = SettlementPipeline.Options()
    settlementOptions.maxInFlight = configuration.batcher.maxInFlightBlocks
    if configuration.development.hasMethods {
      settlementOptions.maxTreeLead = NodeSnapshots.reach + 50
      settlementOptions.maxBacklog = NodeSnapshots.reach + 50
    }
    let settlement = try SettlementPipeline(
      chain: chain, tree: tree, generator: provers == nil ? nil : try Self.generator(configuration),
      jobs: provers?.jobs, options: settlementOptions, registry: registry)

    let sender = try NodeL1Sender.make(
      configuration, l1: l1, jobs: provers?.jobs, storage: storage, stream: chain.stream,
      archive: configuration.archive.gatesSettlement ? archive : nil, registry: registry, time: clock,
      on: loops.operations.next())

    var watcher: L1RequestWatcher?
    if let connection {
      watcher = requests.watcher(
        configuration, on: connection, isEmbedded: isEmbedded, storage: storage, time: clock, registry: registry,
        onNews: { sequencer.wake() })
    }
    let contracts = connection.map {
      L1ContractFinder($0.client, heads: $0.heads, key: L1Chain.Key(configuration, isEmbedded: isEmbedded))
    }
    let settled = NodeSettlement(
      settlement, batches: provers?.jobs.store, finality: sender?.sender.finality, l1: contracts)
    let dropped = DroppedBlocks()
    let api = try NodeAPI(
      configuration, options, chain: chain, tree: tree, pipeline: settlement, settlement: settled, mempool: mempool,
      submitter: Self.submitter(mempool, terminal),
      reorganisations: configuration.development.hasMethods ? dropped : nil,
      nextBaseFee: { sequencer.nextBaseFee }, registry: registry)
    var methods = api.methods
    if let development, configuration.development.hasMethods {
      methods.merge(
        NodeDevelopment.methods(
          configuration, sequencer, development,
          snapshots: NodeSnapshots(
            development, chain: chain, settlement: settlement, requests: requests.queue, journal: journal,
            dropped: dropped, reader: api.reader), l1: isEmbedded ? l1 : nil, followsOtherL1: connection != nil,
          clock: clock))
    }
    methods.addModules()
    rpc = try RPCServer(
      methods: methods, configuration.rpc, access, shutdownGrace: configuration.operations.shutdownGrace, on: loops.rpc,
      registry: registry)

    page =
      configuration.webPage.isEnabled
      ? NodePage.listener(
        configuration, operations, rpc: rpc, l1: l1, submitter: MempoolSubmitter(mempool),
        baseFee: { sequencer.nextBaseFee }, on: loops) : nil

    proverAPI = provers.flatMap { provers in
      guard configuration.proverAPI.isEnabled else { return nil }
      return HTTPListener(
        "prover_api", provers.service, at: configuration.proverAPI.address, limits: provers.limits,
        on: loops.operations)
    }

    let replayFeed = NodeFeed.make(
      configuration, chain: chain, genesisHash: genesis.hash, tree: tree, settlement: settled, on: loops,
      registry: registry)
    feed = replayFeed?.listener

    if let l1 {
      services.add(l1.chain)
      services.add(l1.server)
    }
    services.add(chain)
    if let archive { services.add(archive) }
    services.add(settlement)
    if let provers { services.add(provers) }
    if let proverAPI { services.add(proverAPI) }
    if let sender { services.add(sender) }
    if let sender, let provers, configuration.pruning.keptProofs > 0 {
      services.add(
        ProofPruning(
          provers.jobs.store, sender.sender.finality, keeping: configuration.pruning.keptProofs, registry: registry))
    }
    if let connection, let watcher {
      services.add(connection)
      services.add(watcher)
    }
    if let contracts { services.add(contracts) }
    if let journal { services.add(journal) }
    services.add(
      DiskSpace(
        reserve: configuration.sequencer.minFreeDisk, stream: chain.stream, registry: registry,
        measure: { Files.freeBytes(path) }))
    services.add(sequencer)
    var scrubOptions = ScrubService.Options()
    // What goes back under a look through it would seem damaged.
    scrubOptions.percent = configuration.development.hasMethods ? 0 : configuration.sequencer.scrubPercent
    scrubOptions.pause = configuration.sequencer.scrubPause
    services.add(ScrubService(storage: storage, tree: tree, options: scrubOptions, registry: registry))
    services.add(FirstBlock(chain.stream, madeBy: sequencer))
    services.add(api.ethereum.waiters)
    services.add(api.ethereum.notifier)
    if let replayFeed {
      services.add(replayFeed.feed)
      services.add(replayFeed.listener)
    }
    services.add(rpc)
    let checkpoints = NodeCheckpoints(
      chain,
      NodeCheckpoints.Stores(
        tree: tree, proofs: provers?.jobs.store, sender: sender, requests: watcher, mempool: journal?.folder,
        hasL1: l1 != nil && configuration.developmentL1.state == .disk),
      reserve: configuration.sequencer.minFreeDisk, registry: registry)
    services.add(checkpoints)
    if let admin = Self.admin(configuration, checkpoints, loops) { services.add(admin) }
    if let page { services.add(page) }
    services.add(
      StatusLine(
        chain.stream, mempool, transactions: registry.executedTransactions(command: "produce"), services: services))
    if let terminal {
      l1?.report(to: terminal)
      let place = Greeting.Place(rpc: rpc, status: operations.status, page: page, l1: l1)
      services.add(TerminalService(terminal, chain.stream, mempool) { Greeting(configuration, place) })
    }
    services.show(in: registry)
  }

  /// The way to L1: to the node's own, or to where it is said to be; `nil` where there is none.
  private static func connection(
    _ configuration: NodeConfiguration, to embedded: EmbeddedL1?, _ clock: TimeSource, _ loops: EventLoops,
    _ registry: MetricsRegistry
  ) -> L1Connection? {
    let options = configuration.l1Watcher
    if embedded == nil, options.endpoints.isEmpty { return nil }
    return L1Connection(options, registry: registry, time: clock, on: loops.operations.next()) {
      embedded.map(\.endpoints) ?? options.endpoints
    }
  }

  private static func admin(
    _ configuration: NodeConfiguration, _ checkpoints: NodeCheckpoints, _ loops: EventLoops
  ) -> HTTPListener? {
    let options = configuration.admin
    guard options.isEnabled else { return nil }
    var limits = HTTPServer.Limits()
    limits.connections = 16
    limits.bodyBytes = 64 << 10
    // A page whose own name was made to lead here is not let in (DNS rebinding).
    let access = HTTPAccess(hosts: Exposure.isLoopback(options.address) ? ["localhost"] : [])
    return HTTPListener(
      "admin", AdminAPI(checkpoints, token: options.token.isEmpty ? nil : options.token), at: options.address,
      limits: limits, access: access, on: loops.operations)
  }

  /// The way into the pool; whoever looks on is told of what does not get in.
  private static func submitter(_ mempool: Mempool, _ terminal: Terminal?) -> any TransactionSubmitter {
    let submitter = MempoolSubmitter(mempool)
    guard let terminal else { return submitter }
    return ReportingSubmitter(base: submitter, terminal: terminal)
  }

  /// Opens the state tree of a chain that has so many blocks.
  static func tree(
    _ configuration: NodeConfiguration, blocks: UInt64, rebuildsMissing: Bool
  ) throws -> StateTree {
    let directory = configuration.sequencer.databasePath
    let path = directory + "/tree"
    if blocks > 0, !rebuildsMissing, !Files.exists(path + "/superblock") {
      throw StoreDamage(.tree, in: directory, "it is not there, and the log has \(blocks) blocks")
    }
    var options = StateTree.Options()
    options.cacheBytes = configuration.tree.cacheBytes
    options.retainedVersions = configuration.tree.retainedBlocks
    do throws(StateTreeError) { return try StateTree.open(directory: path, options: options) } catch {
      if case .locked = error { throw StorageError.inUse(path: path) }
      throw StoreDamage(in: directory, error) ?? error
    }
  }

  private static func provers(
    _ configuration: NodeConfiguration, _ registry: MetricsRegistry
  ) throws -> ProverService {
    var options = ProverService.Options()
    options.jobs.timeout = configuration.proverAPI.jobTimeout
    options.jobs.maxUnproved = configuration.proverAPI.maxUnprovedBlocks
    options.jobs.maxPerProver = configuration.proverAPI.maxJobsPerProver
    options.fakes.provers = configuration.proverAPI.fakeProvers
    options.fakes.provingTime = configuration.proverAPI.fakeComputeTime
    options.fakes.minimumAge = configuration.proverAPI.fakeMinimumAge
    options.jobs.maxPerAddress = configuration.proverAPI.maxJobsPerAddress
    options.jobs.keepsRefused = configuration.proverAPI.keepsRefusedJobs
    options.verifier = try verifier(configuration.proverAPI)
    options.isServed = configuration.proverAPI.isEnabled
    options.submissions.threads = configuration.proverAPI.verificationJobs
    options.submissions.items = configuration.proverAPI.maxWaitingSubmissions
    options.submissions.bytes = configuration.proverAPI.maxWaitingBytes
    options.refusedFolder = configuration.sequencer.databasePath + "/proofs_refused"
    options.refusedLimits.files = configuration.proverAPI.maxRefusedProofs
    options.refusedLimits.bytes = configuration.proverAPI.maxRefusedBytes
    options.maxKeptInputBytes = configuration.proverAPI.maxKeptInputBytes
    options.token = configuration.proverAPI.token.isEmpty ? nil : configuration.proverAPI.token
    let directory = configuration.sequencer.databasePath
    do throws(ProofStoreError) {
      return try ProverService(
        path: directory + "/proofs", options: options, metrics: ProverServiceMetrics(registry))
    } catch {
      guard case .database(let failure) = error else { throw error }
      throw StoreDamage(.proofs, in: directory, failure) ?? error
    }
  }

  /// What decides about proofs. An image that is none, or another one, stops the start.
  private static func verifier(_ options: NodeConfiguration.ProverAPI) throws(StartError) -> FRIProofVerifier {
    let allowed: AllowedPrograms =
      switch options.allowedPrograms {
      case .published: .published
      case .chains(let hashes): .chains(hashes)
      case .any: .any
      }
    guard !options.verifierImage.isEmpty else { return FRIProofVerifier(allowed: allowed) }
    let image: [UInt8]
    do throws(FileError) { image = try Files.read(options.verifierImage) } catch {
      throw .cannotRead(path: options.verifierImage, reason: error.reason)
    }
    do throws(VerifierImageError) {
      // One more than there are submissions at once, for what was stored before.
      let verifier = try ProofImageVerifier(image: image, machines: options.verificationJobs + 1)
      return FRIProofVerifier(image: verifier, allowed: allowed)
    } catch {
      throw .unusableVerifier(path: options.verifierImage, reason: "\(error)")
    }
  }

  private static func generator(_ configuration: NodeConfiguration) throws -> ProverInputGenerator {
    let path = configuration.proverInput.image
    guard !path.isEmpty else { return try ProverInputGenerator(mode: configuration.proverInput.mode) }
    let image: [UInt8]
    do throws(FileError) { image = try Files.read(path) } catch {
      throw StartError.cannotRead(path: path, reason: error.reason)
    }
    return try ProverInputGenerator(mode: configuration.proverInput.mode, image: image)
  }
}
