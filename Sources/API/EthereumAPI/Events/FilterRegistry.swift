import Concurrency
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
    /// The first pending transaction that it has not told of; what is forgotten before a poll is never told.
    var nextTransaction: UInt64
    /// Nanoseconds of the monotonic clock.
    var lastPoll: UInt64
  }

  private let limit: Int
  /// Nanoseconds.
  private let staleTime: UInt64
  private let pending: PendingTransactions
  private let filters = Mutex<[String: Filter]>([:])

  init(limit: Int, staleTime: Duration, _ pending: PendingTransactions) {
    self.limit = limit
    self.staleTime = staleTime.nanoseconds
    self.pending = pending
  }

  /// Sets up a filter for what happens after block `head`; its id.
  func add(_ kind: Kind, head: UInt64) throws(RPCError) -> String {
    let id = "0x" + String(UInt128.random(in: .min ... .max), radix: 16)
    let now = MonotonicClock.nanoseconds
    let isAdded = filters.withLock { filters in
      if filters.count >= limit { forgetStale(&filters, now) }
      guard filters.count < limit else { return false }
      filters[id] = Filter(kind: kind, nextBlock: head + 1, nextTransaction: pending.end, lastPoll: now)
      return true
    }
    guard isAdded else { throw .refused("too many filters") }
    return id
  }

  func remove(_ id: String) -> Bool { filters.withLock { $0.removeValue(forKey: id) != nil } }

  func kind(of id: String) -> Kind? {
    filters.withLock { filters in
      filters[id]?.lastPoll = MonotonicClock.nanoseconds
      return filters[id]?.kind
    }
  }

  /// What has happened since the last poll, up to block `head`; `nil` where there is no such filter.
  func poll(_ id: String, head: UInt64) -> Changes? {
    let now = MonotonicClock.nanoseconds
    return filters.withLock { filters in
      forgetStale(&filters, now)
      guard var filter = filters[id] else { return nil }
      let range = filter.nextBlock..<max(filter.nextBlock, head + 1)
      filter.nextBlock = range.upperBound
      filter.lastPoll = now
      defer { filters[id] = filter }
      switch filter.kind {
      case .logs(let query): return .logs(query, range)
      case .blocks: return .blocks(range)
      case .pendingTransactions(let isFull):
        let news = pending.news(from: filter.nextTransaction)
        filter.nextTransaction = news.next
        return .transactions(news.transactions, isFull: isFull)
      }
    }
  }

  private func forgetStale(_ filters: inout [String: Filter], _ now: UInt64) {
    filters = filters.filter { now < $0.value.lastPoll + staleTime }
  }
}
