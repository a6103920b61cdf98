import Concurrency
import JSONRPC
import Primitives
import Synchronization
import Transactions

/// The filters that clients have set up and poll.
///
/// A filter is what it asks for and how far it has read; what happens is kept once, for all of them. So a filter costs
/// nothing until it is polled, and everything here takes the same short time however many there are. Their number and
/// bytes are bounded, for each client and for all: where all are too many, one that nobody has polled for a while goes.
final class FilterRegistry: Sendable {
  enum Kind: Sendable {
    case logs(LogQuery)
    case blocks
    case pendingTransactions(isFull: Bool)

    /// The memory that it is charged for.
    var bytes: Int {
      guard case .logs(let query) = self else { return 256 }
      return 256 + 20 * query.filter.addresses.count + query.filter.topics.reduce(0) { $0 + 32 + 32 * $1.count }
    }
  }

  /// How far a filter has told.
  struct Position: Sendable, Equatable {
    /// The last block of which it has told, or as if it had.
    var block: ChainPosition
    /// The next waiting transaction of which it has not told.
    var transaction: UInt64
  }

  struct Limits: Sendable {
    var count = 10_000, countPerClient = 1_000
    var bytes = 16 << 20
    /// A filter that nobody polls is forgotten after this time.
    var staleTime = Duration.seconds(15 * 60)
    /// The same where another needs its place.
    var displacedAfter = Duration.seconds(10)

    /// One client must not have all of the bytes.
    var bytesPerClient: Int { bytes / 4 }
  }

  private struct Filter {
    let kind: Kind
    let client: RPCClient
    var position: Position
    /// Nanoseconds of the monotonic clock.
    var lastPoll: UInt64
  }

  private struct State {
    var filters: [String: Filter] = [:]
    /// Every filter once, by a time at or before its last poll: the one that was polled longest ago is among the first.
    var queue: ArraySlice<(id: String, since: UInt64)> = []
    var count: ClientQuota
    var bytes: ClientQuota

    mutating func remove(_ id: String) -> Bool {
      guard let filter = filters.removeValue(forKey: id) else { return false }
      count.giveBack(1, of: filter.client)
      bytes.giveBack(filter.kind.bytes, of: filter.client)
      if queue.count > 2 * filters.count + 64 { queue = queue.filter { filters[$0.id] != nil }[...] }
      return true
    }

    /// Removes a filter that was last polled before `time`; false where none is found in a few steps.
    mutating func removeOne(polledBefore time: UInt64) -> Bool {
      for _ in 0..<64 {
        guard let (id, since) = queue.first, since < time else { return false }
        queue.removeFirst()
        guard let filter = filters[id] else { continue }
        if filter.lastPoll < time { return remove(id) }
        queue.append((id, filter.lastPoll))
      }
      return false
    }
  }

  private let limits: Limits
  private let pending: PendingTransactions
  private let metrics: EthereumAPIMetrics
  private let state: Mutex<State>

  init(_ limits: Limits, _ pending: PendingTransactions, _ metrics: EthereumAPIMetrics) {
    self.limits = limits
    self.pending = pending
    self.metrics = metrics
    state = Mutex(
      State(
        count: ClientQuota(limit: limits.count, perClient: limits.countPerClient),
        bytes: ClientQuota(limit: limits.bytes, perClient: limits.bytesPerClient)))
  }

  var count: Int { state.withLock { $0.filters.count } }

  /// Sets up a filter for what happens after block `head`; its id.
  func add(_ kind: Kind, for client: RPCClient, head: ChainPosition) throws(RPCError) -> String {
    let id = "0x" + String(UInt128.random(in: .min ... .max), radix: 16)
    let now = MonotonicClock.nanoseconds
    let bytes = kind.bytes
    let position = Position(block: head, transaction: pending.end)
    let refusal = state.withLock { state -> FilterRefusal? in
      forgetStale(&state, now)
      guard state.count.allows(1, for: client), state.bytes.allows(bytes, for: client) else { return .client }
      while !state.count.hasRoom(for: 1) || !state.bytes.hasRoom(for: bytes) {
        let time = now - min(now, limits.displacedAfter.nanoseconds)
        guard state.removeOne(polledBefore: time) else { return .total }
      }
      state.count.take(1, for: client)
      state.bytes.take(bytes, for: client)
      state.filters[id] = Filter(kind: kind, client: client, position: position, lastPoll: now)
      state.queue.append((id, now))
      return nil
    }
    if let refusal {
      metrics.refusedFilter(refusal)
      throw .refused("too many filters")
    }
    return id
  }

  func remove(_ id: String) -> Bool { state.withLock { $0.remove(id) } }

  /// What a filter is for and how far it has told; `nil` where there is none. This is a poll.
  func find(_ id: String) -> (kind: Kind, position: Position)? {
    let now = MonotonicClock.nanoseconds
    return state.withLock { state in
      forgetStale(&state, now)
      guard let filter = state.filters[id], now < filter.lastPoll + limits.staleTime.nanoseconds else { return nil }
      state.filters[id]?.lastPoll = now
      return (filter.kind, filter.position)
    }
  }

  /// Notes that a filter has told of everything before `position`, unless another poll went on from `old` meanwhile.
  func advance(_ id: String, from old: Position, to position: Position) {
    state.withLock { state in
      if state.filters[id]?.position == old { state.filters[id]?.position = position }
    }
  }

  /// A few at a time: nobody waits for all of them.
  private func forgetStale(_ state: inout State, _ now: UInt64) {
    let time = now - min(now, limits.staleTime.nanoseconds)
    for _ in 0..<4 { guard state.removeOne(polledBefore: time) else { return } }
  }
}

/// Why a filter was refused.
enum FilterRefusal: String, CaseIterable {
  /// The client has as many as it may have.
  case client
  /// All clients together have.
  case total
}
