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
  ) async throws {
    services = operations.services
    registry = operations.registry
    rpc = operations.rpc
    if !configuration.l1Watcher.databasePath.isEmpty { try DataDirectory.make(configuration.l1Watcher.databasePath) }
    let stores = try await NodeStores(configuration, operations, failures: failures)
    let (options, storage) = (stores.options, stores.storage)
    chain = stores.chain
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

    let tree = try stores.tree()
    stores.noteComplete()
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
    try rpc.complete(with: methods)

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
      configuration, chain: chain, genesisHash: stores.genesis.hash, tree: tree, settlement: settled, on: loops,
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
    services.add(stores.diskSpace(registry: registry))
    services.add(sequencer)
    services.add(stores.scrub(tree, mayGoBack: configuration.development.hasMethods, registry: registry))
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
    if let admin = AdminAPI.listener(configuration.admin, checkpoints, on: loops) { services.add(admin) }
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

  /// The way into the pool; whoever looks on is told of what does not get in.
  private static func submitter(_ mempool: Mempool, _ terminal: Terminal?) -> any TransactionSubmitter {
    let submitter = MempoolSubmitter(mempool)
    guard let terminal else { return submitter }
    return ReportingSubmitter(base: submitter, terminal: terminal)
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
