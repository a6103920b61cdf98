import Concurrency
import JSON
import JSONRPC
import Synchronization
import Telemetry
import Transactions

/// Tells subscribers what happens, on threads of its own: whoever makes blocks or takes transactions in does not wait for it.
///
/// Each item is written once, however many clients want it. The notifier may fall behind: blocks it then reads from the
/// chain, one after the other and none left out; of waiting transactions it misses the oldest, which a metric counts. A
/// client that takes its items too slowly is disconnected by the transport, so that nobody waits for it either.
public final class Notifier: Service {
  enum Kind: Sendable {
    case newHeads
    case logs(LogFilter)
    case newPendingTransactions(isFull: Bool)
  }

  private struct Subscribers {
    var heads: [Subscription] = []
    /// By what they filter for: equal filters are matched once.
    var logs: [LogFilter: [Subscription]] = [:]
    var transactionHashes: [Subscription] = []
    var fullTransactions: [Subscription] = []
    /// The first pending transaction that has not been told of.
    var nextTransaction: UInt64 = 0
    /// Subscriptions, and how many were open when closed ones were last removed.
    var count = 0
    var openCount = 0

    var wantTransactions: Bool { !transactionHashes.isEmpty || !fullTransactions.isEmpty }

    mutating func removeClosed() {
      heads.removeAll { !$0.isOpen }
      for (filter, subscriptions) in logs {
        let open = subscriptions.filter(\.isOpen)
        logs[filter] = open.isEmpty ? nil : open
      }
      transactionHashes.removeAll { !$0.isOpen }
      fullTransactions.removeAll { !$0.isOpen }
      count = heads.count + logs.values.reduce(0) { $0 + $1.count } + transactionHashes.count + fullTransactions.count
      openCount = count
    }
  }

  public let name = "notifier"
  private let chain: any ChainReader
  private let events: any EventSource
  private let pending: PendingTransactions
  private let metrics: EthereumAPIMetrics
  private let faults: FaultLog
  private let subscribers = Mutex(Subscribers())
  private let threads = Mutex<[ServiceThread]>([])
  private let isStopping = Atomic<Bool>(false)
  /// The last block that subscribers were told of.
  private let told = Atomic<UInt64>(0)

  init(
    _ chain: any ChainReader, _ events: any EventSource, _ pending: PendingTransactions, _ metrics: EthereumAPIMetrics,
    _ faults: FaultLog
  ) {
    self.chain = chain
    self.events = events
    self.pending = pending
    self.metrics = metrics
    self.faults = faults
  }

  public var health: Health { .ready }

  public var lag: Lag? { Lag(position: told.load(ordering: .relaxed), target: chain.head.number) }

  /// Follows the chain from its head on.
  public func start() {
    let head = chain.head.number
    told.store(head, ordering: .relaxed)
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

  func add(_ kind: Kind, _ subscription: Subscription) {
    subscribers.withLock { subscribers in
      // Closed ones go when something is announced; where nothing is, here, before they outnumber the open.
      if subscribers.count > 2 * subscribers.openCount + 64 { subscribers.removeClosed() }
      subscribers.count += 1
      switch kind {
      case .newHeads: subscribers.heads.append(subscription)
      case .logs(let filter): subscribers.logs[filter, default: []].append(subscription)
      case .newPendingTransactions(let isFull):
        if !subscribers.wantTransactions { subscribers.nextTransaction = pending.end }
        if isFull {
          subscribers.fullTransactions.append(subscription)
        } else {
          subscribers.transactionHashes.append(subscription)
        }
        pending.watch(true)
      }
    }
  }

  // MARK: Blocks

  private func followBlocks(after start: UInt64) {
    var last = start
    while let newest = events.waitForBlock(after: last) {
      while last < newest {
        if isStopping.load(ordering: .acquiring) { return }
        last += 1
        announce(block: last)
        told.store(last, ordering: .relaxed)
      }
    }
  }

  private func announce(block number: UInt64) {
    let (heads, logs) = subscribers.withLock { subscribers in
      subscribers.removeClosed()
      return (subscribers.heads, subscribers.logs)
    }
    guard !heads.isEmpty || !logs.isEmpty else { return }
    var outbox = Outbox()
    defer { outbox.flush() }
    do throws(ChainReadError) {
      guard let block = try chain.header(number: number) else { throw .failed("it is missing") }
      if !heads.isEmpty { outbox.add(Self.item { $0.header(block) }, to: heads) }
      let interested = logs.filter { $0.key.mayMatch(block.header.logsBloom) }
      guard !interested.isEmpty, let receipts = try chain.receipts(ofBlock: number) else { return }
      for receipt in receipts {
        for (offset, log) in receipt.receipt.logs.enumerated() {
          let matching = interested.filter { $0.key.matches(log) }
          guard !matching.isEmpty else { continue }
          let item = Self.item { $0.log(log, at: offset, of: receipt) }
          for subscriptions in matching.values { outbox.add(item, to: subscriptions) }
        }
      }
    } catch {
      faults.report("block \(number) cannot be shown to subscribers: \(error)")
    }
  }

  // MARK: Transactions

  private func followTransactions() {
    while !isStopping.load(ordering: .acquiring) {
      let generation = pending.generation
      let wanted = subscribers.withLock {
        subscribers -> (hashes: [Subscription], full: [Subscription], from: UInt64)? in
        subscribers.transactionHashes.removeAll { !$0.isOpen }
        subscribers.fullTransactions.removeAll { !$0.isOpen }
        pending.watch(subscribers.wantTransactions)
        guard subscribers.wantTransactions else { return nil }
        return (subscribers.transactionHashes, subscribers.fullTransactions, subscribers.nextTransaction)
      }
      if let wanted {
        let news = pending.news(from: wanted.from)
        subscribers.withLock { $0.nextTransaction = news.next }
        metrics.missedTransactions.increment(by: news.missed)
        var outbox = Outbox()
        for transaction in news.transactions where !isStopping.load(ordering: .relaxed) {
          if !wanted.hashes.isEmpty { outbox.add(Self.item { $0.data(transaction.hash) }, to: wanted.hashes) }
          if !wanted.full.isEmpty { outbox.add(Self.item { $0.pendingTransaction(transaction) }, to: wanted.full) }
        }
        outbox.flush()
        if !news.transactions.isEmpty { continue }
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

/// Notifications on their way to the transport, in portions, so that few of many wait in memory.
private struct Outbox {
  private static let portion = 4_096

  private var notifications = Notifications()
  private var count = 0

  mutating func add(_ item: NotificationItem, to subscriptions: [Subscription]) {
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
