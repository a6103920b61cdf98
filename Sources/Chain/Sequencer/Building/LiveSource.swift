import Concurrency
import Mempool
import Primitives
import Transactions
import ZKsyncOS

/// The requests that L1 made, in the order of their priority ids.
public protocol L1RequestSource: Sendable {
  /// The request with this id, once L1 has it. The block builder asks again until it is there.
  func transaction(_ priorityID: UInt64) -> RecoveredTransaction?
}

/// No L1: nothing is ever requested.
public struct NoL1Requests: L1RequestSource {
  public init() {}
  public func transaction(_ priorityID: UInt64) -> RecoveredTransaction? { nil }
}

/// Requests given in advance, the first with id 0: a chain without L1 funds its rich account so.
public struct FixedL1Requests: L1RequestSource {
  private let transactions: [RecoveredTransaction]

  public init(_ transactions: [RecoveredTransaction]) { self.transactions = transactions }

  public func transaction(_ priorityID: UInt64) -> RecoveredTransaction? {
    priorityID < UInt64(transactions.count) ? transactions[Int(priorityID)] : nil
  }
}

/// What waits now: requests of L1 first, then the pool, until a limit is reached or the time is over.
struct LiveSource: BlockSource {
  let pool: Mempool
  let l1: any L1RequestSource
  let limits: SealLimits
  let clock: TimeSource
  let news: Signal
  let isStopping: () -> Bool

  /// The priority id that comes next; `nil` once a request was refused, which cannot be skipped.
  private(set) var nextPriorityID: UInt64?
  private(set) var refusedRequest: Rejection?
  private var deadline: UInt64?

  init(
    pool: Mempool, l1: any L1RequestSource, limits: SealLimits, clock: TimeSource, news: Signal,
    nextPriorityID: UInt64?, isStopping: @escaping () -> Bool
  ) {
    self.pool = pool
    self.l1 = l1
    self.limits = limits
    self.clock = clock
    self.news = news
    self.nextPriorityID = nextPriorityID
    self.isStopping = isStopping
  }

  mutating func next(_ totals: BlockTotals) -> RecoveredTransaction? {
    if limits.areReached(by: totals) { return nil }
    if totals.transactions > 0, deadline == nil { deadline = clock.monotonicNanoseconds() + limits.blockTime }
    while true {
      if let deadline, clock.monotonicNanoseconds() >= deadline { return nil }
      if isStopping() { return nil }
      let generation = news.generation
      if let transaction = take() { return transaction }
      // A block in which everything was refused so far is no block: it is given up, not waited for.
      guard let deadline else { return nil }
      news.wait(after: generation, until: deadline)
    }
  }

  /// Whether there is anything to begin a block with.
  var hasWork: Bool {
    if let id = nextPriorityID, l1.transaction(id) != nil { return true }
    return pool.hasOffer
  }

  private mutating func take() -> RecoveredTransaction? {
    if let id = nextPriorityID, let request = l1.transaction(id) {
      nextPriorityID = id + 1
      return request
    }
    return pool.take()
  }

  mutating func rejected(_ transaction: RecoveredTransaction, _ reason: Rejection) -> Bool {
    switch transaction.transaction {
    case .signed: pool.reject(transaction.hash)
    case .request:
      nextPriorityID = nil
      refusedRequest = reason
    }
    return true
  }
}
