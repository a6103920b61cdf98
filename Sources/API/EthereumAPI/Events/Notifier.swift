import Concurrency
import JSON
import JSONRPC
import Primitives
import Synchronization
import Telemetry
import Transactions

/// Tells subscribers what happens, on threads of its own: whoever makes blocks or takes transactions in does not wait for it.
///
/// Each item is written once, however many clients want it, and a log is matched against all filters at once. Where the chain
/// drops blocks, their logs are told again first, as removed and the newest first, and then what is on the new branch. The notifier
/// may fall behind: blocks it then reads from the chain, one after the other and none left out; of waiting transactions it
/// misses the oldest, which a metric counts. A client that takes its items too slowly is disconnected by the transport, so
/// that nobody waits for it either.
public final class Notifier: Service {
  enum Kind: Sendable {
    case newHeads
    case logs(LogFilter)
    case newPendingTransactions(isFull: Bool)
    /// The receipts of these transactions, or of all where none is named.
    case receipts(Set<Bytes32>)
    case syncing
  }

  struct Limits: Sendable {
    /// Addresses and topics that the log subscriptions of one connection, and of all, may name.
    var termsPerConnection = 10_000, terms = 500_000

    /// One client must not have all of them.
    var termsPerClient: Int { max(termsPerConnection, terms / 4) }
  }

  private struct Subscribers {
    var heads: [String: Subscription] = [:]
    /// What the index of log filters does not know yet: whoever subscribes does not wait for those who look something up.
    var newLogs: [String: (filter: LogFilter, subscription: Subscription)] = [:]
    var endedLogs: [String] = []
    var transactionHashes: [String: Subscription] = [:]
    var fullTransactions: [String: Subscription] = [:]
    var receipts = ReceiptSubscribers()
    /// The first pending transaction that has not been told of.
    var nextTransaction: UInt64 = 0
    var terms: ClientQuota
    var termsByConnection: [ObjectIdentifier: Int] = [:]

    var wantTransactions: Bool { !transactionHashes.isEmpty || !fullTransactions.isEmpty }
  }

  public let name = "notifier"
  private let chain: any ChainReader
  private let follower: ChainFollower
  private let events: any EventSource
  private let pending: PendingTransactions
  private let limits: Limits
  private let metrics: EthereumAPIMetrics
  private let faults: FaultLog
  private let subscribers: Mutex<Subscribers>
  /// Held by whoever tells of a block.
  private let logs = Mutex(LogIndex<Subscription>())
  private let threads = Mutex<[ServiceThread]>([])
  private let isStopping = Atomic<Bool>(false)
  /// Who hears of each block before subscribers do.
  private let listeners = Mutex<[@Sendable (UInt64) -> Void]>([])
  /// The last block that subscribers were told of.
  private let told = Atomic<UInt64>(0)

  init(
    _ follower: ChainFollower, _ events: any EventSource, _ pending: PendingTransactions, _ limits: Limits,
    _ metrics: EthereumAPIMetrics, _ faults: FaultLog
  ) {
    chain = follower.chain
    self.follower = follower
    self.events = events
    self.pending = pending
    self.limits = limits
    self.metrics = metrics
    self.faults = faults
    subscribers = Mutex(Subscribers(terms: ClientQuota(limit: limits.terms, perClient: limits.termsPerClient)))
  }

  public var health: Health { .ready }

  public var lag: Lag? { Lag(position: told.load(ordering: .relaxed), target: chain.head.number) }

  /// Follows the chain from its head on.
  public func start() {
    let head = chain.head.position
    told.store(head.number, ordering: .relaxed)
    events.onExecutable { [pending] in pending.append($0) }
    let blocks = ServiceThread { [self] in followBlocks(after: head) }
    let transactions = ServiceThread { [self] in followTransactions() }
    threads.withLock { $0 = [blocks, transactions] }
  }

  /// Ends the threads, whatever they have not told yet.
  public func stop() {
    isStopping.store(true, ordering: .releasing)
    events.stopWaiting()
    pending.wake()
    for thread in threads.withLock({ $0 }) { thread.join() }
  }

  /// Calls `handler` with the number of each block that can be read from now on, on the thread that tells subscribers.
  func onBlock(_ handler: @escaping @Sendable (UInt64) -> Void) { listeners.withLock { $0.append(handler) } }

  // MARK: Subscribers

  /// Begins to tell `subscription`, which belongs to `session`, until it ends.
  func add(_ kind: Kind, _ subscription: Subscription, of session: RPCSession) throws(RPCError) {
    let id = subscription.id
    switch kind {
    case .newHeads:
      subscribers.withLock { $0.heads[id] = subscription }
      subscription.whenEnded { [self] in subscribers.withLock { $0.heads[id] = nil } }
    case .logs(let filter): try addLogs(filter, subscription, session)
    case .receipts(let hashes): try addReceipts(hashes, subscription, session)
    case .syncing:
      // It serves only when it has caught up, and stays so: geth too says that at once.
      var notifications = Notifications()
      notifications.add(Self.item { $0.boolean(false) }, to: subscription)
      notifications.send()
    case .newPendingTransactions(let isFull):
      subscribers.withLock { subscribers in
        if !subscribers.wantTransactions { subscribers.nextTransaction = pending.end }
        if isFull {
          subscribers.fullTransactions[id] = subscription
        } else {
          subscribers.transactionHashes[id] = subscription
        }
        pending.watch(true)
      }
      subscription.whenEnded { [self] in
        subscribers.withLock { subscribers in
          subscribers.fullTransactions[id] = nil
          subscribers.transactionHashes[id] = nil
          pending.watch(subscribers.wantTransactions)
        }
      }
    }
  }

  private func addLogs(
    _ filter: LogFilter, _ subscription: Subscription, _ session: RPCSession
  ) throws(RPCError) {
    let id = subscription.id
    try add(LogIndex<Subscription>.terms(of: filter), subscription, session) { subscribers in
      subscribers.newLogs[id] = (filter, subscription)
    } remove: { subscribers in
      // One that the index has never seen need not be taken out of it.
      if subscribers.newLogs.removeValue(forKey: id) == nil { subscribers.endedLogs.append(id) }
    }
  }

  private func addReceipts(
    _ hashes: Set<Bytes32>, _ subscription: Subscription, _ session: RPCSession
  ) throws(RPCError) {
    try add(max(1, hashes.count), subscription, session) { subscribers in
      subscribers.receipts.add(subscription, hashes)
    } remove: { subscribers in
      subscribers.receipts.remove(subscription, hashes)
    }
  }

  /// Begins a subscription that costs so many terms, where there is room for them.
  private func add(
    _ terms: Int, _ subscription: Subscription, _ session: RPCSession, insert: (inout Subscribers) -> Void,
    remove: @escaping @Sendable (inout Subscribers) -> Void
  ) throws(RPCError) {
    let client = session.client, connection = ObjectIdentifier(session)
    let refusal = subscribers.withLock { subscribers -> TermRefusal? in
      let held = subscribers.termsByConnection[connection, default: 0]
      guard held + terms <= limits.termsPerConnection else { return .connection }
      guard subscribers.terms.allows(terms, for: client) else { return .client }
      guard subscribers.terms.hasRoom(for: terms) else { return .total }
      subscribers.terms.take(terms, for: client)
      subscribers.termsByConnection[connection] = held + terms
      insert(&subscribers)
      return nil
    }
    if let refusal {
      metrics.refusedTerms(refusal)
      throw RPCError(code: -32_005, message: refusal.message, data: .text("Exceeded max limit of \(limit(refusal))"))
    }
    subscription.whenEnded { [self] in
      subscribers.withLock { subscribers in
        subscribers.terms.giveBack(terms, of: client)
        let left = subscribers.termsByConnection[connection, default: 0] - terms
        subscribers.termsByConnection[connection] = left > 0 ? left : nil
        remove(&subscribers)
      }
    }
  }

  private func limit(_ refusal: TermRefusal) -> Int {
    switch refusal {
    case .connection: limits.termsPerConnection
    case .client: limits.termsPerClient
    case .total: limits.terms
    }
  }

  // MARK: Blocks

  private func followBlocks(after start: ChainPosition) {
    var last = start
    while let newest = events.waitForHead(otherThan: last) {
      while !isStopping.load(ordering: .acquiring), follow(&last, upTo: newest) {
        told.store(last.number, ordering: .relaxed)
      }
      if isStopping.load(ordering: .acquiring) { return }
    }
  }

  /// Tells of one block after or before `last`, and moves there; false where there is nothing to tell.
  private func follow(_ last: inout ChainPosition, upTo newest: UInt64) -> Bool {
    do throws(ChainReadError) {
      switch try follower.look(at: last) {
      case .onChain: break
      case .dropped(let block):
        announce(dropped: block)
        last = block.parent
        return true
      case .forgotten:
        faults.report("block \(last.number) was dropped, and it is forgotten what it was: subscribers are not told")
        last = chain.head.position
        return true
      }
      guard last.number < newest else { return false }
      let block = try chain.header(number: last.number + 1)
      // What was read may be of another branch already.
      guard try follower.isOnChain(last) else { return true }
      if let block {
        last = block.position
        for listener in listeners.withLock({ $0 }) { listener(block.number) }
        announce(block)
        return true
      }
      // On a chain that drops blocks there may no longer be one that there was.
      if follower.history != nil, chain.head.number <= last.number { return false }
      throw .failed("it is missing")
    } catch {
      last = ChainPosition(number: last.number + 1, hash: nil)
      faults.report("block \(last.number) cannot be shown to subscribers: \(error)")
      return true
    }
  }

  private func announce(_ block: SealedHeader) {
    withSubscribers { heads, logs, receiptSubscribers, outbox in
      if !heads.isEmpty { outbox.add(Self.item { $0.header(block) }, to: heads) }
      let wantsLogs = !logs.isEmpty && block.bloom != Bloom()
      guard wantsLogs || !receiptSubscribers.isEmpty else { return }
      do throws(ChainReadError) {
        let receipts = try follower.receipts(of: block)
        for (json, subscriptions) in receiptSubscribers.items(for: receipts) {
          outbox.add(NotificationItem(json: json), to: subscriptions)
        }
        if !wantsLogs { return }
        for receipt in receipts {
          for (offset, log) in receipt.receipt.logs.enumerated() {
            let members = logs.members(for: log)
            if !members.isEmpty { outbox.add(Self.item { $0.log(log, at: offset, of: receipt) }, to: members) }
          }
        }
      } catch {
        faults.report("block \(block.number) cannot be shown to subscribers: \(error)")
      }
    }
  }

  /// Takes the logs of a block back.
  private func announce(dropped block: DroppedBlock) {
    withSubscribers { _, logs, _, outbox in
      guard !logs.isEmpty else { return }
      block.forEachLogBackwards { log, offset, receipt in
        let members = logs.members(for: log)
        guard !members.isEmpty else { return }
        outbox.add(Self.item { $0.log(log, at: offset, of: receipt, isRemoved: true) }, to: members)
      }
    }
  }

  /// Calls `body` with those who want heads, logs and receipts, as they are now, and with where notifications go.
  private func withSubscribers(
    _ body: (
      Dictionary<String, Subscription>.Values, inout LogIndex<Subscription>, ReceiptSubscribers, inout Outbox
    ) -> Void
  ) {
    var outbox = Outbox()
    defer { outbox.flush() }
    let (heads, receipts, new, ended) = subscribers.withLock { subscribers in
      defer { (subscribers.newLogs, subscribers.endedLogs) = ([:], []) }
      return (subscribers.heads, subscribers.receipts, subscribers.newLogs, subscribers.endedLogs)
    }
    logs.withLock { logs in
      for id in ended { logs.remove(id: id) }
      for (id, entry) in new { logs.insert(entry.filter, entry.subscription, id: id) }
      body(heads.values, &logs, receipts, &outbox)
      logs.forgetLookUps()
    }
  }

  // MARK: Transactions

  private func followTransactions() {
    while !isStopping.load(ordering: .acquiring) {
      let generation = pending.generation
      let wanted = subscribers.withLock { subscribers in
        (
          hashes: subscribers.transactionHashes, full: subscribers.fullTransactions,
          from: subscribers.nextTransaction
        )
      }
      if !wanted.hashes.isEmpty || !wanted.full.isEmpty {
        let news = pending.transactions(from: wanted.from)
        subscribers.withLock { $0.nextTransaction = news.next }
        metrics.missedTransactions.increment(by: news.missed)
        var outbox = Outbox()
        for transaction in news.items where !isStopping.load(ordering: .relaxed) {
          if !wanted.hashes.isEmpty { outbox.add(Self.item { $0.data(transaction.hash) }, to: wanted.hashes.values) }
          if !wanted.full.isEmpty {
            outbox.add(Self.item { $0.pendingTransaction(transaction) }, to: wanted.full.values)
          }
        }
        outbox.flush()
        if !news.items.isEmpty { continue }
      }
      pending.wait(after: generation)
    }
  }

  private static func item(_ write: (inout JSONWriter) -> Void) -> NotificationItem {
    var writer = JSONWriter(capacity: 2_048)
    write(&writer)
    return NotificationItem(json: writer.bytes)
  }
}

/// Why a log subscription was refused: what names too many addresses and topics.
enum TermRefusal: String, CaseIterable {
  case connection
  case client
  case total

  var message: String {
    switch self {
    case .connection: "too many addresses, topics and hashes in the subscriptions of this connection"
    case .client: "too many addresses, topics and hashes in the subscriptions of this client"
    case .total: "too many addresses, topics and hashes in subscriptions"
    }
  }
}

/// Notifications on their way to the transport, in portions, so that few of many wait in memory.
private struct Outbox {
  private static let portion = 4_096

  private var notifications = Notifications()
  private var count = 0

  mutating func add(_ item: NotificationItem, to subscriptions: some Sequence<Subscription>) {
    for subscription in subscriptions {
      notifications.add(item, to: subscription)
      count += 1
      if count == Self.portion { flush() }
    }
  }

  mutating func flush() {
    notifications.send()
    notifications = Notifications()
    count = 0
  }
}
