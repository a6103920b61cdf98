import JSONRPC
import Primitives
import Synchronization
import Transactions

/// The filters that clients have set up and poll.
///
/// A filter remembers the next block that it has not told of. One that nobody polls is forgotten after a while, and there
/// are only so many: a client that sets up filters without end fills nobody's memory.
final class FilterRegistry: Sendable {
  enum Kind: Sendable {
    case logs(LogQuery)
    case blocks
    case pendingTransactions(isFull: Bool)
  }

  /// What has happened since the last poll.
  enum Changes: Sendable {
    case logs(LogQuery, Range<UInt64>)
    case blocks(Range<UInt64>)
    case transactions([RecoveredTransaction], isFull: Bool)
  }

  private struct Filter {
    let kind: Kind
    var nextBlock: UInt64
    var lastPoll: ContinuousClock.Instant
    /// Transactions that wait for a poll, of a filter for pending ones.
    var pending: [RecoveredTransaction] = []
  }

  /// Transactions that wait in one filter; beyond it the oldest half is forgotten.
  private static let pendingLimit = 8_192

  private let limit: Int
  private let staleTime: Duration
  private let filters = Mutex<[String: Filter]>([:])
  /// How many filters are for pending transactions, so that announcing them costs nothing where there are none.
  private let pendingFilters = Atomic<Int>(0)

  init(limit: Int, staleTime: Duration) {
    self.limit = limit
    self.staleTime = staleTime
  }

  /// Sets up a filter for what happens after block `head`; its id.
  func add(_ kind: Kind, head: UInt64) throws(RPCError) -> String {
    let id = "0x" + String(UInt128.random(in: .min ... .max), radix: 16)
    let now = ContinuousClock.now
    let isAdded = filters.withLock { filters in
      if filters.count >= limit { forgetStale(&filters, now) }
      guard filters.count < limit else { return false }
      filters[id] = Filter(kind: kind, nextBlock: head + 1, lastPoll: now)
      return true
    }
    guard isAdded else { throw .refused("too many filters") }
    if case .pendingTransactions = kind { pendingFilters.add(1, ordering: .relaxed) }
    return id
  }

  func remove(_ id: String) -> Bool {
    let removed = filters.withLock { $0.removeValue(forKey: id) }
    if let removed { forgotten(removed) }
    return removed != nil
  }

  func kind(of id: String) -> Kind? {
    filters.withLock { filters in
      filters[id]?.lastPoll = .now
      return filters[id]?.kind
    }
  }

  /// What has happened since the last poll, up to block `head`; `nil` where there is no such filter.
  func poll(_ id: String, head: UInt64) -> Changes? {
    let now = ContinuousClock.now
    return filters.withLock { filters in
      forgetStale(&filters, now)
      guard var filter = filters[id] else { return nil }
      let range = filter.nextBlock..<max(filter.nextBlock, head + 1)
      filter.nextBlock = range.upperBound
      filter.lastPoll = now
      let pending = filter.pending
      filter.pending = []
      filters[id] = filter
      switch filter.kind {
      case .logs(let query): return .logs(query, range)
      case .blocks: return .blocks(range)
      case .pendingTransactions(let isFull): return .transactions(pending, isFull: isFull)
      }
    }
  }

  func announce(pending transactions: [RecoveredTransaction]) {
    guard pendingFilters.load(ordering: .relaxed) > 0 else { return }
    filters.withLock { filters in
      for id in filters.keys {
        guard case .pendingTransactions? = filters[id]?.kind else { continue }
        filters[id]?.pending += transactions
        if let count = filters[id]?.pending.count, count > Self.pendingLimit {
          filters[id]?.pending.removeFirst(count - Self.pendingLimit / 2)
        }
      }
    }
  }

  private func forgetStale(_ filters: inout [String: Filter], _ now: ContinuousClock.Instant) {
    for (id, filter) in filters where now - filter.lastPoll > staleTime {
      filters[id] = nil
      forgotten(filter)
    }
  }

  private func forgotten(_ filter: Filter) {
    if case .pendingTransactions = filter.kind { pendingFilters.subtract(1, ordering: .relaxed) }
  }
}
