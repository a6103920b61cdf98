import Concurrency
import Primitives
import Synchronization
import Transactions

/// The transactions that became executable last, for filters and subscriptions, each of which remembers how far it has read.
///
/// One log for all: adding costs the same however many read, and a reader who is too slow misses the oldest instead of
/// filling the memory. Hashes are kept longer than what they stand for.
final class PendingTransactions: Sendable {
  /// What a reader finds.
  struct News<Item: Sendable>: Sendable {
    var items: [Item]
    /// Where to go on reading.
    var next: UInt64
    /// Transactions that were forgotten before they were read.
    var missed: UInt64
  }

  /// The newest items at positions that only grow.
  private struct Ring<Item> {
    private var slots: [(item: Item, bytes: Int)?] = []
    private let maxCount: Int, maxBytes: Int
    private var bytes = 0
    private(set) var first: UInt64 = 0
    private(set) var end: UInt64 = 0

    init(maxCount: Int, maxBytes: Int) {
      self.maxCount = maxCount
      self.maxBytes = maxBytes
    }

    mutating func append(_ item: Item, _ size: Int) {
      while first < end, end - first >= UInt64(maxCount) || bytes + size > maxBytes {
        let slot = Int(first % UInt64(maxCount))
        bytes -= slots[slot]?.bytes ?? 0
        slots[slot] = nil
        first += 1
      }
      let slot = Int(end % UInt64(maxCount))
      // It grows to its size once, slot by slot.
      if slot == slots.count { slots.append((item, size)) } else { slots[slot] = (item, size) }
      bytes += size
      end += 1
    }

    /// Up to `count` items from `position` on.
    func read(from position: UInt64, atMost count: Int) -> News<Item> where Item: Sendable {
      let start = min(max(position, first), end)
      let stop = min(end, start + UInt64(count))
      return News(
        items: (start..<stop).compactMap { slots[Int($0 % UInt64(maxCount))]?.item }, next: stop,
        missed: start > position ? start - position : 0)
    }
  }

  private struct Log {
    var hashes: Ring<Bytes32>
    var transactions: Ring<RecoveredTransaction>
  }

  /// Whoever adds waits this long for who reads, at most.
  private static let portion = 1_024

  private let log: Mutex<Log>
  private let added = Signal()
  private let isWatched = Atomic<Bool>(false)

  /// - Parameters:
  ///   - maxHashes: hashes that are kept.
  ///   - maxCount: transactions that are kept whole, of `maxBytes` together.
  init(maxHashes: Int = 65_536, maxCount: Int = 8_192, maxBytes: Int = 16 << 20) {
    log = Mutex(
      Log(
        hashes: Ring(maxCount: maxHashes, maxBytes: .max),
        transactions: Ring(maxCount: maxCount, maxBytes: maxBytes)))
  }

  /// The position after the newest transaction.
  var end: UInt64 { log.withLock { $0.hashes.end } }

  func append(_ transactions: [RecoveredTransaction]) {
    log.withLock { log in
      for transaction in transactions {
        log.hashes.append(transaction.hash, 0)
        log.transactions.append(transaction, Self.bytes(of: transaction))
      }
    }
    if isWatched.load(ordering: .sequentiallyConsistent) { added.notify() }
  }

  /// Hashes of what was added from `position` on, a portion of them.
  func hashes(from position: UInt64) -> News<Bytes32> {
    log.withLock { $0.hashes.read(from: position, atMost: Self.portion) }
  }

  /// What was added from `position` on, a portion of it.
  func transactions(from position: UInt64) -> News<RecoveredTransaction> {
    log.withLock { $0.transactions.read(from: position, atMost: Self.portion) }
  }

  // MARK: Waiting

  /// Whether a thread waits for transactions: waking it for each of thousands a second is not for free.
  func watch(_ isWatched: Bool) { self.isWatched.store(isWatched, ordering: .sequentiallyConsistent) }

  /// To be noted before looking for news, and waited after where there are none.
  var generation: UInt64 { added.generation }

  func wait(after generation: UInt64) { added.wait(after: generation) }

  func wake() { added.notify() }

  /// The memory that a transaction is charged for: what it carries, and a flat rate for the rest of it.
  private static func bytes(of transaction: RecoveredTransaction) -> Int {
    switch transaction.transaction {
    case .signed(let signed):
      512 + signed.input.count + signed.accessList.items.reduce(0) { $0 + 64 + 32 * $1.storageKeys.count }
    case .request(let request): 512 + request.input.count + 32 * request.factoryDeps.count
    }
  }
}
