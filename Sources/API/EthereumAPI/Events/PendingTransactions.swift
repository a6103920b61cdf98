import Concurrency
import Synchronization
import Transactions

/// The transactions that became executable last, for filters and subscriptions, each of which remembers how far it has read.
///
/// One ring for all: adding costs the same however many read, and a reader who is too slow misses the oldest instead of
/// filling the memory.
final class PendingTransactions: Sendable {
  /// What a reader finds.
  struct News: Sendable {
    var transactions: [RecoveredTransaction]
    /// Where to go on reading.
    var next: UInt64
    /// Transactions that were forgotten before they were read.
    var missed: UInt64
  }

  private struct Ring {
    /// By position modulo the size.
    var slots: [(transaction: RecoveredTransaction, bytes: Int)?]
    var first: UInt64 = 0
    var end: UInt64 = 0
    var bytes = 0

    mutating func append(_ transaction: RecoveredTransaction, _ size: Int, maxBytes: Int) {
      let capacity = UInt64(slots.count)
      while first < end, end - first >= capacity || bytes + size > maxBytes {
        bytes -= slots[Int(first % capacity)]?.bytes ?? 0
        slots[Int(first % capacity)] = nil
        first += 1
      }
      slots[Int(end % capacity)] = (transaction, size)
      bytes += size
      end += 1
    }
  }

  private let maxBytes: Int
  private let ring: Mutex<Ring>
  private let added = Signal()
  private let isWatched = Atomic<Bool>(false)

  init(maxCount: Int = 8_192, maxBytes: Int = 16 << 20) {
    self.maxBytes = maxBytes
    ring = Mutex(Ring(slots: Array(repeating: nil, count: maxCount)))
  }

  /// The position after the newest transaction.
  var end: UInt64 { ring.withLock { $0.end } }

  func append(_ transactions: [RecoveredTransaction]) {
    ring.withLock { ring in
      for transaction in transactions { ring.append(transaction, Self.bytes(of: transaction), maxBytes: maxBytes) }
    }
    if isWatched.load(ordering: .sequentiallyConsistent) { added.notify() }
  }

  /// What was added from `position` on.
  func news(from position: UInt64) -> News {
    ring.withLock { ring in
      let start = min(max(position, ring.first), ring.end)
      let capacity = UInt64(ring.slots.count)
      return News(
        transactions: (start..<ring.end).compactMap { ring.slots[Int($0 % capacity)]?.transaction }, next: ring.end,
        missed: start > position ? start - position : 0)
    }
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
