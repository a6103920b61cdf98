import Primitives
import Synchronization
import Telemetry
import Transactions

/// The L2 transactions that wait for a block.
///
/// A sender's transactions are executed in nonce order; among senders the one whose next transaction pays the greatest
/// tip goes first, then the one that came first. Transactions that cannot be executed yet — a nonce gap before them,
/// not enough funds for all — are parked until a block or another transaction changes that.
///
/// All functions may be called from any thread. What takes long happens before the lock is taken: recovering signatures
/// (the caller's part), checking the transaction alone, and reading the account. What happens under the lock takes
/// O(log n) per transaction.
public final class Mempool: Sendable {
  private let state: Mutex<PoolState>
  private let subscribers = Mutex<(next: Int, handlers: [Int: @Sendable ([RecoveredTransaction]) -> Void])>((0, [:]))
  private let accounts: any AccountReader
  private let clock: @Sendable () -> UInt64
  private let metrics: MempoolMetrics

  /// - Parameter clock: the time in milliseconds since any fixed moment.
  public init(
    options: MempoolOptions, accounts: any AccountReader, metrics: MempoolMetrics = MempoolMetrics(MetricsRegistry()),
    clock: @escaping @Sendable () -> UInt64
  ) {
    state = Mutex(PoolState(options))
    self.accounts = accounts
    self.clock = clock
    self.metrics = metrics
  }

  // MARK: Adding

  /// Admits a transaction or says why not.
  public func add(_ recovered: RecoveredTransaction) throws(MempoolError) {
    let options = state.withLock { $0.options }
    let (signed, cost) = try options.validate(recovered)
    // An account read before a block and used after it would be outdated; then it is read again.
    while true {
      let before = state.withLock { (generation: $0.generation, known: $0.queue(of: recovered.sender)?.account) }
      let account: AccountState
      if let known = before.known { account = known } else { account = try accounts.account(recovered.sender) }
      let now = clock()
      let promoted = try state.withLock { (pool) throws(MempoolError) -> [RecoveredTransaction]? in
        defer { metrics.show(pool) }
        guard pool.generation == before.generation else { return nil }
        return try pool.add(recovered, signed, cost: cost, account: account, now: now)
      }
      guard let promoted else { continue }
      notify(promoted)
      return
    }
  }

  // MARK: Building blocks

  /// Whether ``take()`` would give a transaction.
  public var hasOffer: Bool { state.withLock { $0.bestSlot != nil } }

  /// The best transaction that the block being built does not have yet. There is one builder; it calls ``apply(_:)`` or
  /// ``abandonBlock()`` in the end.
  public func take() -> RecoveredTransaction? { state.withLock { $0.take() } }

  /// The transaction just taken cannot be executed. It is removed, and its sender left out of this block.
  public func reject(_ hash: Bytes32) {
    state.withLock { pool in
      pool.reject(hash)
      metrics.show(pool)
    }
  }

  /// The transaction just taken does not fit into this block. It stays, and its sender waits for the next block.
  public func putBack(_ hash: Bytes32) { state.withLock { $0.putBack(hash) } }

  /// The block being built comes to nothing: what it had taken is offered again.
  public func abandonBlock() { state.withLock { $0.abandonBlock() } }

  /// Brings the pool to the state after a block was executed. Its transactions can still be looked up until
  /// ``published(_:)``.
  public func apply(_ block: ExecutedBlock) {
    let now = clock()
    let promoted = state.withLock { pool in
      pool.expire(now: now)
      let promoted = pool.apply(block)
      metrics.show(pool)
      metrics.length.observe(Double(pool.executableCount))
      return promoted
    }
    notify(promoted)
  }

  /// The block is visible to readers of the chain, who find these transactions there from now on.
  public func published(_ hashes: [Bytes32]) {
    state.withLock { pool in for hash in hashes { pool.unpublished[hash] = nil } }
  }

  // MARK: Looking

  /// The nonce that the sender's next transaction should have: after all that can be executed.
  public func pendingNonce(for sender: Address) throws(MempoolError) -> UInt64 {
    while true {
      let (generation, known) = state.withLock { ($0.generation, $0.queue(of: sender)?.pendingNonce) }
      if let known { return known }
      let nonce = try accounts.account(sender).nonce
      // Unless a block came between the two looks, none of the sender's transactions was overlooked.
      if state.withLock({ $0.generation }) == generation { return nonce }
    }
  }

  /// A transaction that waits, or is in a block that readers cannot see yet.
  public func transaction(_ hash: Bytes32) -> RecoveredTransaction? { state.withLock { $0.transaction(hash) } }

  /// How many transactions could be executed now, and how many are parked.
  public var counts: (executable: Int, parked: Int) {
    state.withLock { ($0.executableCount, $0.parkedCount) }
  }

  /// Bytes of memory that the transactions are charged for.
  public var byteCount: Int { state.withLock { $0.byteCount } }

  // MARK: Subscribing

  /// Calls `handler` with transactions as they become executable, on the thread that made them so, until
  /// ``unsubscribe(_:)``. The handler must be quick.
  public func subscribe(_ handler: @escaping @Sendable ([RecoveredTransaction]) -> Void) -> Int {
    subscribers.withLock { subscribers in
      subscribers.next += 1
      subscribers.handlers[subscribers.next] = handler
      return subscribers.next
    }
  }

  public func unsubscribe(_ subscription: Int) { subscribers.withLock { $0.handlers[subscription] = nil } }

  private func notify(_ transactions: [RecoveredTransaction]) {
    if transactions.isEmpty { return }
    let handlers = subscribers.withLock { Array($0.handlers.values) }
    for handler in handlers { handler(transactions) }
  }
}

/// What the pool has to know of a block that was executed.
public struct ExecutedBlock: Sendable {
  /// Wei per gas, of the block after it.
  public var baseFee: UInt256
  /// The L2 transactions in it.
  public var transactions: [RecoveredTransaction]
  /// The accounts that it changed, as it left them.
  public var accounts: [Address: AccountState]

  public init(baseFee: UInt256, transactions: [RecoveredTransaction], accounts: [Address: AccountState]) {
    self.baseFee = baseFee
    self.transactions = transactions
    self.accounts = accounts
  }
}
