import ChainStorage
import EthereumAPI
import Glibc
import Mempool
import NodeOptions
import Primitives
import Sequencer
import StateTree
import Telemetry

// What the node's parts are told at the start.

extension Node {
  static func mempoolOptions(_ configuration: NodeConfiguration, _ sequencer: SequencerOptions) -> MempoolOptions {
    var options = MempoolOptions(chainID: configuration.rpc.chainID)
    options.baseFee = sequencer.baseFee
    options.gasLimit = sequencer.gasLimit
    options.maxInputBytes = configuration.mempool.maxInputBytes
    options.maxCount = configuration.mempool.maxTransactions
    options.maxBytes = configuration.mempool.maxBytes
    return options
  }

  static func apiConfiguration(_ configuration: NodeConfiguration) -> NodeAPI.Configuration {
    var api = NodeAPI.Configuration()
    api.chainID = configuration.rpc.chainID
    api.clientVersion = "zksync-os-sequencer/\(Version.current)"
    api.callGas = configuration.rpc.callGas
    api.maxBlocksPerFilter = configuration.rpc.maxBlocksPerFilter
    api.maxLogsPerResponse = configuration.rpc.maxLogsPerResponse
    api.staleFilterTime = configuration.rpc.staleFilterTime
    return api
  }

  /// Keeps the metrics of block production up to date.
  static func observe(_ sequencer: Sequencer, _ metrics: NodeMetrics) {
    let registry = metrics.registry
    let pool = sequencer.pool
    registry.gauge("mempool_executable", "Transactions that could be executed now") { Double(pool.counts.executable) }
    registry.gauge("mempool_parked", "Transactions that wait for something") { Double(pool.counts.parked) }
    ProcessMetrics.register(in: registry)
    metrics.blockNumber(.execute).set(sequencer.storage.blocks.head)
    _ = sequencer.subscribe { sealed in
      metrics.blockNumber(.execute).set(sealed.block.number)
      metrics.sealedBlock.set(sealed.block.number)
      metrics.executedTransactions(.produce).increment(by: UInt64(sealed.block.transactions.count))
      metrics.storageWritesPerBlock.observe(Double(sealed.output.storageWrites.count))
      metrics.mempoolLength.observe(Double(pool.counts.executable))
    }
  }

  /// Shows how far the state tree is behind, and what memory it takes.
  static func observe(_ tree: StateTree, behind blocks: BlockStore, _ registry: MetricsRegistry) {
    registry.gauge("tree_lag_blocks", "Blocks that the chain has and the state tree has not") {
      let head = blocks.head, version = tree.lastVersion
      return head > version ? Double(head - version) : 0
    }
    let help = "Memory of the state tree: pages, index, and mapped index files, which the system can take back"
    for (kind, bytes) in [
      ("pages", \.pages), ("index", \.index), ("mapped_index", \.mappedIndex),
    ] as [(String, KeyPath<StateTree.MemoryUsage, Int> & Sendable)] {
      registry.gauge("tree_memory_bytes", help, [("kind", kind)]) { Double(tree.memoryUsage[keyPath: bytes]) }
    }
  }

  /// Ten thousand connections need more descriptors than a shell allows at first.
  static func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
  }

  /// Makes a folder with all folders above it.
  static func makeDirectory(_ path: String) throws(StartError) {
    var prefix = path.hasPrefix("/") ? "" : "."
    for component in path.split(separator: "/") where component != "." {
      prefix += "/" + component
      if mkdir(prefix, 0o755) != 0, errno != EEXIST {
        throw .cannotCreate(path: path, reason: String(cString: strerror(errno)))
      }
    }
  }
}

/// The version of this software.
public enum Version {
  public static let current = "0.1.0"
}
