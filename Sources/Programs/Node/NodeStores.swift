import Archive
import Chain
import ChainStorage
import Files
import Logging
import NodeOptions
import Primitives
import Scrub
import Sequencer
import StateTree
import Telemetry
import ZKsyncOS

/// What a node of any role opens first: its folder, the databases of the chain, and the chain over them.
///
/// Where that takes long, a repair or a recovery, JSON-RPC is open meanwhile and says how far it is.
struct NodeStores {
  let path: String
  let options: SequencerOptions
  let genesis: Block
  let storage: ChainStorage
  let chain: Chain
  /// Whether what is missing is made again.
  private let rebuildsMissing: Bool
  private let isRestored: Bool
  private let configuration: NodeConfiguration

  init(_ configuration: NodeConfiguration, _ operations: Operations, failures: FailureSignal) async throws {
    self.configuration = configuration
    path = configuration.sequencer.databasePath
    try RestoredCheckpoint.admit(path)
    try DataDirectory.prepare(path)
    try DiskSpace.check(path, reserve: configuration.sequencer.minFreeDisk)
    let repairs = configuration.sequencer.repairs
    if repairs {
      if configuration.replication.servesRPC { try await operations.rpc.open() }
      let services = operations.services
      try DatabaseRepair.run(path, log: Logger(label: "repair")) { services.note(early: $0) }
      services.note(early: nil)
    }
    isRestored = RestoredLog.isNoted(in: path)
    rebuildsMissing = repairs || isRestored
    options = SequencerOptions(configuration)
    // Block 0 stays what it is whatever an operator charges.
    genesis = Genesis.block(baseFee: SequencerOptions(chainID: options.chainID).baseFee, gasLimit: options.gasLimit)
    storage = try ChainStorage(
      directory: path, chainID: options.chainID, protocolVersion: options.protocolVersion, genesis: genesis,
      genesisState: Genesis.emptyState(genesis), rebuildsMissing: rebuildsMissing,
      retainedBlocks: configuration.sequencer.retainedInMemory, metrics: ChainStorageMetrics(operations.registry))
    chain = Chain(storage: storage, registry: operations.registry)
    chain.onFailure { failures.raise("\($0)") }
    if chain.needsRecovery, configuration.replication.servesRPC { try await operations.rpc.open() }
  }

  /// Opens the state tree.
  func tree() throws -> StateTree {
    let path = path + "/tree"
    if storage.log.last > 0, !rebuildsMissing, !Files.exists(path + "/superblock") {
      throw StoreDamage(.tree, in: self.path, "it is not there, and the log has \(storage.log.last) blocks")
    }
    var options = StateTree.Options()
    options.cacheBytes = configuration.tree.cacheBytes
    options.retainedVersions = configuration.tree.retainedBlocks
    do throws(StateTreeError) { return try StateTree.open(directory: path, options: options) } catch {
      if case .locked = error { throw StorageError.inUse(path: path) }
      throw StoreDamage(in: self.path, error) ?? error
    }
  }

  /// Every database is there, so that none that is missing later has anything to do with a restored log.
  func noteComplete() { if isRestored { RestoredLog.forget(in: path) } }

  /// What looks for damage in them.
  ///
  /// - Parameters:
  ///   - tree: `nil` for a node that keeps none.
  ///   - mayGoBack: whether blocks may be taken back, which under a look through them would seem to be damage.
  func scrub(_ tree: StateTree?, mayGoBack: Bool, registry: MetricsRegistry) -> ScrubService {
    var options = ScrubService.Options()
    options.percent = mayGoBack ? 0 : configuration.sequencer.scrubPercent
    options.pause = configuration.sequencer.scrubPause
    return ScrubService(storage: storage, tree: tree, options: options, registry: registry)
  }

  /// What keeps block production, or following, from filling the disk.
  func diskSpace(registry: MetricsRegistry) -> DiskSpace {
    DiskSpace(
      reserve: configuration.sequencer.minFreeDisk, stream: chain.stream, registry: registry,
      measure: { [path] in Files.freeBytes(path) })
  }
}
