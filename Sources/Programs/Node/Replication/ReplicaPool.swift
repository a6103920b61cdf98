import Chain
import ChainStorage
import Concurrency
import Logging
import Mempool
import Primitives
import Sequencer
import Synchronization
import Telemetry

/// Keeps the pool of a read node in step with the blocks that it follows, as the sequencer does on the node that builds them.
final class ReplicaPool: Service {
  let name = "pool"
  private let pool: Mempool
  private let storage: ChainStorage
  private let options: SequencerOptions
  private let follower: BlockFollower
  /// Wei per gas of the next block; saturated to 64 bits.
  private let baseFee: Atomic<UInt64>
  private let log = Logger(label: "pool")
  private let thread = Mutex<ServiceThread?>(nil)

  init(_ pool: Mempool, _ chain: Chain, _ options: SequencerOptions) throws(StorageError) {
    self.pool = pool
    self.options = options
    storage = chain.storage
    follower = chain.stream.follow("mempool", after: chain.stream.head)
    let newest = try storage.log.context(storage.log.last)
    baseFee = Atomic((newest?.baseFee ?? options.baseFee).saturatedUInt64)
  }

  /// Wei per gas of the next block, as far as this node can tell.
  var nextBaseFee: UInt64 { baseFee.load(ordering: .relaxed) }

  /// The state of a block can be read: what waits is looked at again.
  func executed(_ block: SealedBlock) {
    let context = block.record.context
    // A fixed fee is whatever the node that builds blocks has fixed.
    let next =
      options.feeModel == .fixed
      ? context.baseFee
      : options.feeModel.next(after: context.baseFee, gasUsed: block.gasUsed, floor: options.baseFee)
    baseFee.store(next.saturatedUInt64, ordering: .relaxed)
    pool.apply(ExecutedBlock(block, baseFee: next))
  }

  func start() async throws {
    let running = ServiceThread { [self] in
      while case .accepted(let number, let block)? = follower.next() { published(number, block) }
    }
    thread.withLock { $0 = running }
  }

  func stop() async {
    follower.close()
    thread.withLock { $0 }?.join()
  }

  var health: Health { .ready }

  /// The transactions of a block are found in the chain from now on.
  private func published(_ number: UInt64, _ block: SealedBlock?) {
    do throws(StorageError) {
      var transactions = block?.record.transactions
      if transactions == nil { transactions = try storage.blocks.block(number)?.transactions }
      pool.published((transactions ?? []).map(\.hash))
    } catch {
      log.error("the mempool keeps transactions of a block", metadata: ["block": "\(number)", "error": "\(error)"])
    }
  }
}

extension SealedBlock {
  fileprivate var gasUsed: UInt64 { output.transactions.reduce(0) { $0 &+ $1.gasUsed } }
}
