import Batches
import ChainStorage
import Concurrency
import L1Client
import L1Requests
import Logging
import NodeOptions
import Sequencer
import Telemetry
import Transactions
import ZKsyncOS

/// What L1 requests of the chain of a node: the queue that blocks are made from, and whoever fills it.
struct NodeL1Requests {
  let queue: L1RequestQueue
  let next: UInt64

  /// The queue of a chain, with what its newest block leaves.
  init(_ configuration: NodeConfiguration, _ storage: ChainStorage) throws(StorageError) {
    let last = storage.log.last
    next = last == 0 ? 0 : try storage.log.record(last)?.nextPriorityID ?? 0
    queue = L1RequestQueue(
      next: next, forced: configuration.l1Watcher.hasForcedDeposit ? Genesis.requests.first : nil)
  }

  /// Whoever fills the queue from L1, and wakes the sequencer.
  func watcher(
    _ configuration: NodeConfiguration, on connection: L1Connection, isEmbedded: Bool, storage: ChainStorage,
    time: TimeSource, registry: MetricsRegistry, onNews: @escaping @Sendable () -> Void
  ) -> L1RequestWatcher {
    let options = configuration.l1Watcher
    let folder = options.databasePath.isEmpty ? configuration.sequencer.databasePath : options.databasePath
    var watching = L1RequestWatcher.Options(
      key: L1Chain.Key(configuration, isEmbedded: isEmbedded), path: folder + "/l1_watcher")
    watching.confirmations = options.confirmations
    watching.blocksPerCall = options.blocksPerCall
    watching.interval = options.pollInterval
    watching.isExpected = isEmbedded || !options.isDefault
    let log = Logger(label: "l1")
    return L1RequestWatcher(
      connection.client, heads: connection.heads, queue: queue, options: watching,
      metrics: L1RequestMetrics(registry), log: log, time: time,
      blockOf: { hash in
        do { return try storage.blocks.location(of: hash)?.block } catch {
          log.error("a request cannot be looked up", metadata: ["hash": "\(hash)", "error": "\(error)"])
          return nil
        }
      }, onNews: onNews)
  }
}

extension L1Chain.Key {
  /// By which the contracts of the node's chain are found. The node's own L1 has those of its chain only.
  init(_ configuration: NodeConfiguration, isEmbedded: Bool) {
    let options = configuration.l1Watcher
    self.init(
      l2ChainID: isEmbedded && options.chainID == 270 ? configuration.rpc.chainID : options.chainID,
      bridgehub: options.bridgehub, storedBatchZero: StoredBatchInfo.ofEmptyChain.hash)
  }
}
