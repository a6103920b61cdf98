import Files
import Telemetry
import ZKsyncOS

/// The stores of a sequencer: the replay log, the state, and the blocks, each a database of its own below one directory.
public struct ChainStorage: Sendable {
  public let directory: String
  public let log: ReplayLog
  public let state: StateStore
  public let blocks: BlockStore

  /// Opens what is there, or begins a chain with block 0.
  ///
  /// - Parameters:
  ///   - directory: exists, and belongs to this process.
  ///   - chainID: with the protocol version and the genesis block, what stores of another chain are refused by.
  ///   - genesis: block 0, and the state after it.
  ///   - rebuildsMissing: whether a store that is not there is begun anew, though the log has blocks, all of which are
  ///     executed again then.
  ///   - retainedBlocks: blocks that stay in memory after they were written.
  public init(
    directory: String, chainID: UInt64, protocolVersion: ProtocolVersion = .current, genesis: Block,
    genesisState: StateChange, rebuildsMissing: Bool = true, cachedSlots: Int = 200_000, retainedBlocks: Int = 64,
    metrics: ChainStorageMetrics = ChainStorageMetrics(MetricsRegistry())
  ) throws(StorageError) {
    self.directory = directory
    let log = try Self.opening(.log, in: directory) { (path) throws(StorageError) in
      try ReplayLog(path: path, genesisHash: genesis.hash, metrics: metrics)
    }
    func opening<T>(
      _ store: StoreDamage.Store, _ body: (String) throws(StorageError) -> T
    ) throws(StorageError) -> T {
      if !rebuildsMissing, log.last > 0, !Files.exists(directory + "/" + store.folder + "/CURRENT") {
        throw .missing(StoreDamage(store, in: directory, "it is not there, and the log has \(log.last) blocks"))
      }
      return try Self.opening(store, in: directory, body)
    }
    self.log = log
    state = try opening(.state) { (path) throws(StorageError) in
      try StateStore(path: path, genesis: genesisState, cachedSlots: cachedSlots, metrics: metrics)
    }
    blocks = try opening(.blocks) { (path) throws(StorageError) in
      try BlockStore(path: path, genesis: genesis, retained: retainedBlocks, metrics: metrics)
    }
    let identity = ChainIdentity(chainID: chainID, protocolVersion: protocolVersion, genesisHash: genesis.hash)
    try identity.claim(blocks.meta, log, directory: directory)
    // The derived stores may be behind the log, never ahead of it, and what they have must be the log's blocks.
    for (name, head) in [(StateStore.name, state.flushed), (BlockStore.name, blocks.flushed)] {
      guard try log.blockHash(head.number) == head.hash else {
        throw .contradiction(store: name, block: head.number)
      }
    }
  }

  /// Forgets every block after `number`. All blocks are on disk, and none comes meanwhile. What is derived goes first: a crash
  /// on the way leaves what the log still has to be made again.
  public func truncate(to number: UInt64) throws(StorageError) {
    let hash = try blocks.truncate(to: number)
    try state.truncate(to: number, hash)
    try log.truncate(to: number)
  }

  /// Opens stores that exist to look at them, whosever they are; nothing is written.
  public init(lookingAt directory: String) throws(StorageError) { try self.init(existing: directory, readOnly: true) }

  /// Opens stores that exist, of a node that does not run.
  public init(changing directory: String) throws(StorageError) { try self.init(existing: directory, readOnly: false) }

  private init(existing directory: String, readOnly: Bool) throws(StorageError) {
    self.directory = directory
    log = try Self.opening(.log, in: directory) { (path) throws(StorageError) in
      try ReplayLog(path: path, genesisHash: nil, readOnly: readOnly)
    }
    state = try Self.opening(.state, in: directory) { (path) throws(StorageError) in
      try StateStore(path: path, genesis: nil, readOnly: readOnly)
    }
    blocks = try Self.opening(.blocks, in: directory) { (path) throws(StorageError) in
      try BlockStore(path: path, genesis: nil, readOnly: readOnly, retained: 0)
    }
  }

  /// Opens a store, and says of damage where it is.
  private static func opening<T>(
    _ store: StoreDamage.Store, in directory: String, _ body: (String) throws(StorageError) -> T
  ) throws(StorageError) -> T {
    do throws(StorageError) { return try body(directory + "/" + store.folder) } catch {
      if let damage = StoreDamage(store, in: directory, error) { throw .damaged(damage) }
      throw error
    }
  }
}
