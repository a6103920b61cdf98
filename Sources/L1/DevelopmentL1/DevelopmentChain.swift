import Concurrency
import Ethereum
import Logging
import Primitives
import Synchronization
import Transactions

/// An Ethereum chain in the process: blocks, states and a pool, changed by whoever sends transactions, and at will by
/// whoever tests.
///
/// One lock, `writer`, is held by whoever changes the chain, for as long as that takes: it includes executing a block.
/// Readers never wait for it. They read what was published last, under a lock that is held for moments only; so does the
/// pool have its own. Locks are taken in that order: writer, pool, published.
///
/// What happens is in the journal before it is published: a killed process continues with every block that anybody has
/// seen. Without a journal the chain ends with the process.
public final class DevelopmentChain: Sendable {
  /// What belongs to whoever changes the chain.
  struct Writer {
    var snapshots = Snapshots()
    /// Counts what was taken back, so that a block that is made again differs from the one before.
    var rewinds: UInt64 = 0
    /// Length of the journal at the last state file, and how many blocks were made since.
    var lastStateFile: UInt64 = 0, blocksSinceStateFile: UInt64 = 0
  }

  /// What readers see.
  struct Published {
    var history: History
    var settings: ChainSettings
  }

  let options: Options
  public let identity: ChainIdentity
  let journal: JournalFile?
  let stateFiles: StateFiles?
  let time: TimeSource
  let log: Logger
  let writer: Mutex<Writer>
  let pool: Mutex<TransactionPool>
  let published: Mutex<Published>
  let dropped = Mutex(DroppedBlocks())
  let lastPending = Mutex<(key: PendingKey, pending: Pending)?>(nil)
  let recovered = Mutex(RecoveredStates())
  let listeners = Mutex(Listeners())
  /// There is another head, or the end.
  let news = Signal()
  let isStopping = Atomic<Bool>(false)

  init(
    _ options: Options, identity: ChainIdentity, history: History, settings: ChainSettings, journal: JournalFile?,
    stateFiles: StateFiles?, time: TimeSource, log: Logger
  ) {
    self.options = options
    self.identity = identity
    self.journal = journal
    self.stateFiles = stateFiles
    self.time = time
    self.log = log
    writer = Mutex(Writer())
    pool = Mutex(TransactionPool(limits: options.pool))
    published = Mutex(Published(history: history, settings: settings))
  }

  // MARK: Reading

  /// The newest block.
  var head: ChainBlock { published.withLock { $0.history.head } }

  var settings: ChainSettings { published.withLock { $0.settings } }

  /// The newest block with the state that the next one begins with.
  var tip: (block: ChainBlock, state: StateTrie) { published.withLock { ($0.history.head, $0.history.headState) } }

  func block(_ number: UInt64) -> ChainBlock? { published.withLock { $0.history.block(number) } }

  /// What a block contains; `nil` where the chain no longer has the block.
  func body(of block: ChainBlock) throws(ChainError) -> BlockBody? {
    if case .memory(let body) = block.place { return body }
    let kept = published.withLock { published -> BlockBody? in
      published.history.block(block.number)?.hash == block.hash ? published.history.body(block.number) : nil
    }
    if let kept { return kept }
    guard case .journal(let offset) = block.place, let journal else { return nil }
    do {
      guard case .block(let record) = try JournalEntry(decoding: try journal.payload(at: offset)),
        record.header.hash == block.hash
      else { return nil }
      return BlockBody(transactions: record.transactions, receipts: record.receipts)
    } catch {
      // The place may have been written anew since the caller looked.
      guard self.block(block.number)?.hash == block.hash else { return nil }
      throw .journal(.damaged(path: journal.path, offset: offset, reason: "\(error)"))
    }
  }

  /// The hash of a block for BLOCKHASH.
  func hash(_ number: UInt64) -> Bytes32 { published.withLock { $0.history.hash(number) } }

  /// Base fee of the next block, in wei per gas: as set, or as EIP-1559 says.
  var nextBaseFee: UInt64 { published.withLock { baseFee($0.settings, after: $0.history.head.header) } }

  func baseFee(_ settings: ChainSettings, after parent: BlockHeader) -> UInt64 {
    settings.nextBaseFee ?? BaseFee.next(after: parent)
  }
}
