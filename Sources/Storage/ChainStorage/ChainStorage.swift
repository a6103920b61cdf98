import Telemetry
import ZKsyncOS

/// The stores of a sequencer: the replay log, the state, and the blocks, each a database of its own below one directory.
public struct ChainStorage: Sendable {
  public let log: ReplayLog
  public let state: StateStore
  public let blocks: BlockStore

  /// Opens what is there, or begins a chain with block 0.
  ///
  /// - Parameters:
  ///   - directory: exists, and belongs to this process.
  ///   - chainID: with the protocol version and the genesis block, what stores of another chain are refused by.
  ///   - genesis: block 0, and the state after it.
  ///   - retainedBlocks: blocks that stay in memory after they were written.
  public init(
    directory: String, chainID: UInt64, protocolVersion: ProtocolVersion = .current, genesis: Block,
    genesisState: StateChange, cachedSlots: Int = 200_000, retainedBlocks: Int = 64,
    metrics: ChainStorageMetrics = ChainStorageMetrics(MetricsRegistry())
  ) throws(StorageError) {
    log = try ReplayLog(path: directory + "/replay_log", genesisHash: genesis.hash, metrics: metrics)
    state = try StateStore(
      path: directory + "/state", genesis: genesisState, cachedSlots: cachedSlots, metrics: metrics)
    blocks = try BlockStore(path: directory + "/blocks", genesis: genesis, retained: retainedBlocks, metrics: metrics)
    let identity = ChainIdentity(chainID: chainID, protocolVersion: protocolVersion, genesisHash: genesis.hash)
    try identity.claim(blocks.meta, log, directory: directory)
    // The derived stores may be behind the log, never ahead of it, and what they have must be the log's blocks.
    for (name, head) in [(StateStore.name, state.flushed), (BlockStore.name, blocks.flushed)] {
      guard try log.blockHash(head.number) == head.hash else {
        throw .contradiction(store: name, block: head.number)
      }
    }
  }
}
