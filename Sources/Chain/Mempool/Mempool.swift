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
  private let admissionHandlers = Mutex<[@Sendable (RecoveredTransaction) -> Void]>([])
  private let refusalHandlers = Mutex<[@Sendable ([Refusal]) -> Void]>([])
  private let accounts: any AccountReader
  private let clock: @Sendable () -> UInt64
  private let metrics: MempoolMetrics
  private let refusalLog: RefusalLog

  /// - Parameter clock: the time in milliseconds since any fixed moment.
  public init(
    options: MempoolOptions, accounts: any AccountReader, metrics: MempoolMetrics = MempoolMetrics(MetricsRegistry()),
    clock: @escaping @Sendable () -> UInt64
  ) {
    state = Mutex(PoolState(options))
    self.accounts = accounts
    self.clock = clock
    self.metrics = metrics
    refusalLog = RefusalLog(isForDeveloper: options.isForDeveloper)
  }

  // MARK: Adding

  /// Admits a transaction or says why not.
  public func add(_ recovered: RecoveredTransaction) throws(MempoolError) {
    do throws(MempoolError) { try admit(recovered) } catch {
      refusalLog.refused(recovered, error)
      throw error
    }
  }

  private func admit(_ recovered: RecoveredTransaction) throws(MempoolError) {
    let options = state.withLock { $0.options }
    let (signed, cost) = try options.validate(recovered)
    // An account read before a block and used after it would be outdated; then it is read again.
    while true {
      let before = state.withLock { (generation: $0.generation, known: $0.queue(of: recovered.sender)?.account) }
      let account: AccountState
      if let known = before.known { account = known } else { account = try accounts.account(recovered.sender) }
      let now = clock()
      let promoted = try update { (pool) throws(MempoolError) -> [RecoveredTransaction]? in
        guard pool.generation == before.generation else { return nil }
        return try pool.add(recovered, signed, cost: cost, account: account, now: now)
      }
      guard let promoted else { continue }
      metrics.admitted()
      for handler in admissionHandlers.withLock({ $0 }) { handler(recovered) }
      notify(promoted)
      return
    }
  }

  // MARK: Building blocks

  /// Whether a block could take a transaction that is not known to be long, and one that is.
  public var offers: (short: Bool, long: Bool) {
    update { pool in
      (
        pool.settledSlot(in: .light) != nil || pool.settledSlot(in: .ordinary) != nil,
        pool.settledSlot(in: .long) != nil
      )
    }
  }

  /// The best transaction that the block being built does not have yet, of one lane or of all but those that need a trial
  /// run. There is one builder; it calls ``apply(_:)`` or ``abandonBlock()`` in the end.
  public func take(_ lane: Lane? = nil) -> Offered? { update { $0.take(lane) } }

  /// The transaction for which the last block had no room, where it still waits for its turn.
  public func takeFirst() -> Offered? { update { $0.takeFirst() } }

  /// The transaction just taken cannot be executed. It is removed, its sender left out of this block, and the reason kept
  /// for whoever asks.
  ///
  /// - Parameter nanoseconds: that it took to find out.
  public func reject(_ hash: Bytes32, _ reason: String, nanoseconds: UInt64 = 0) {
    update { $0.reject(hash, reason, isStrike: nanoseconds >= $0.options.strikeNanoseconds) }
  }

  /// The transaction just taken does not fit into this block. It stays, and its sender waits for the next block, which
  /// takes it before all others where `isFirst`.
  public func putBack(_ hash: Bytes32, isFirst: Bool = false) { update { $0.putBack(hash, isFirst: isFirst) } }

  /// The block being built comes to nothing: what it had taken is offered again.
  public func abandonBlock() { update { $0.abandonBlock() } }

  /// Brings the pool to the state after a block was executed. Its transactions can still be looked up until
  /// ``published(_:)``.
  public func apply(_ block: ExecutedBlock) {
    let promoted = update { pool in
      pool.expire(now: pool.now)
      let promoted = pool.apply(block)
      metrics.length.observe(Double(pool.executableCount))
      return promoted
    }
    notify(promoted)
  }

  /// The chain has gone back: every account is what it was then, and what was in the blocks since is gone.
  ///
  /// - Parameter baseFee: wei per gas, of the next block.
  public func rewind(baseFee: UInt256) throws(MempoolError) {
    let senders = state.withLock { $0.slotOfSender.keys.map { $0 } }
    var changed: [Address: AccountState] = [:]
    for sender in senders { changed[sender] = try accounts.account(sender) }
    let block = ExecutedBlock(baseFee: baseFee, transactions: [], accounts: changed)
    notify(update { $0.apply(block) })
  }

  // MARK: Trial runs

  /// The transaction just taken has to prove itself in a trial run before a block takes it.
  public func requireTrial(_ hash: Bytes32) { update { $0.requireTrial(hash) } }

  /// The best transaction that needs a trial run. Whoever takes it says how that ended.
  public func takeForTrial() -> RecoveredTransaction? { update { $0.takeForTrial() } }

  public func endTrial(_ hash: Bytes32, _ outcome: TrialOutcome) { update { $0.endTrial(hash, outcome) } }

  /// Milliseconds until the first of those need wait no longer whom the pool lets wait; `nil` where there are none.
  public var nextWake: UInt64? {
    let now = clock()
    return state.withLock { $0.nextWake }.map { $0 > now ? $0 - now : 0 }
  }

  /// The block is visible to readers of the chain, who find these transactions there from now on.
  public func published(_ hashes: [Bytes32]) {
    state.withLock { pool in for hash in hashes { pool.notePublished(hash) } }
  }

  /// Changes the pool at the present time, and tells of what was refused by that.
  @discardableResult
  private func update<R: Sendable, E: Error>(_ body: (inout PoolState) throws(E) -> R) throws(E) -> R {
    let now = clock()
    var refused: [Refusal] = []
    defer { if !refused.isEmpty { tell(refused) } }
    return try state.withLock { (pool) throws(E) -> R in
      pool.advance(to: now)
      defer {
        metrics.show(pool)
        refused = pool.takeRefusals()
      }
      return try body(&pool)
    }
  }

  private func tell(_ refused: [Refusal]) {
    for refusal in refused { metrics.refused(refusal.reason.kind) }
    refusalLog.left(refused)
    let handlers = refusalHandlers.withLock { $0 }
    for handler in handlers { handler(refused) }
  }

  // MARK: Looking

  /// Why a transaction left the pool without a block, as long as that is remembered.
  public func refusal(of hash: Bytes32) -> Refusal? { state.withLock { $0.refusals[hash] } }

  /// The refusal of an earlier nonce for which a parked transaction waits.
  public func blocker(of hash: Bytes32) -> Refusal? {
    state.withLock { pool in
      guard let transaction = pool.transaction(hash), let queue = pool.queue(of: transaction.sender) else { return nil }
      return pool.refusals.refusal(of: transaction.sender, nonce: queue.pendingNonce)
    }
  }

  /// Milliseconds that have passed since a refusal.
  public func age(of refusal: Refusal) -> UInt64 { max(clock(), refusal.time) - refusal.time }

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

  /// Whether a transaction in the pool could be executed; `nil` where it is not in the pool.
  public func isExecutable(_ hash: Bytes32) -> Bool? {
    state.withLock { pool in
      pool.transaction(hash).flatMap { transaction in
        pool.queue(of: transaction.sender).map { transaction.nonce < $0.pendingNonce }
      }
    }
  }

  /// How many transactions could be executed now, and how many are parked.
  public var counts: (executable: Int, parked: Int) {
    state.withLock { ($0.executableCount, $0.parkedCount) }
  }

  /// What could be executed now, and what is parked, of one sender or of all.
  public func content(of sender: Address?) -> (executable: [RecoveredTransaction], parked: [RecoveredTransaction]) {
    let queues = state.withLock { pool in
      if let sender { return pool.queue(of: sender).map { [$0] } ?? [] }
      return pool.slots
    }
    return (
      queues.flatMap { $0.transactions.prefix($0.executable).map(\.recovered) },
      queues.flatMap { $0.transactions.dropFirst($0.executable).map(\.recovered) }
    )
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

  /// Calls `handler` with each transaction that the pool admits, executable or not, on the thread that brought it and before
  /// that is told. The handler must be quick.
  public func onAdmission(_ handler: @escaping @Sendable (RecoveredTransaction) -> Void) {
    admissionHandlers.withLock { $0.append(handler) }
  }

  /// Calls `handler` with what the pool lets go without a block, on the thread that found out. The handler must be quick.
  public func onRefusal(_ handler: @escaping @Sendable ([Refusal]) -> Void) {
    refusalHandlers.withLock { $0.append(handler) }
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
