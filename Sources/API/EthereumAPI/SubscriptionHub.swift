import JSON
import JSONRPC
import Primitives
import Synchronization
import Transactions

/// Tells subscribers what happens. An item is written once, however many clients want it.
final class SubscriptionHub: Sendable {
  enum Kind: Sendable {
    case newHeads
    case logs(LogQuery)
    case newPendingTransactions(isFull: Bool)
  }

  private struct Subscribers {
    var heads: [Subscription] = []
    var logs: [(query: LogQuery, subscription: Subscription)] = []
    var transactionHashes: [Subscription] = []
    var fullTransactions: [Subscription] = []
    /// Subscriptions that were open when closed ones were last removed.
    var openCount = 0

    var count: Int { heads.count + logs.count + transactionHashes.count + fullTransactions.count }

    mutating func removeClosed() {
      heads.removeAll { !$0.isOpen }
      logs.removeAll { !$0.subscription.isOpen }
      transactionHashes.removeAll { !$0.isOpen }
      fullTransactions.removeAll { !$0.isOpen }
      openCount = count
    }
  }

  private let subscribers = Mutex(Subscribers())

  func add(_ kind: Kind, _ subscription: Subscription) {
    subscribers.withLock { subscribers in
      // Closed ones go when something is announced; where nothing is, here, before they outnumber the open.
      if subscribers.count > 2 * subscribers.openCount + 64 { subscribers.removeClosed() }
      switch kind {
      case .newHeads: subscribers.heads.append(subscription)
      case .logs(let query): subscribers.logs.append((query, subscription))
      case .newPendingTransactions(isFull: false): subscribers.transactionHashes.append(subscription)
      case .newPendingTransactions(isFull: true): subscribers.fullTransactions.append(subscription)
      }
    }
  }

  func announce(block number: UInt64, _ chain: any ChainReader) {
    let (heads, logs) = subscribers.withLock { subscribers in
      subscribers.removeClosed()
      return (subscribers.heads, subscribers.logs)
    }
    guard !heads.isEmpty || !logs.isEmpty, let block = try? chain.header(number: number) else { return }
    var notifications = Notifications()
    defer { notifications.send() }
    if !heads.isEmpty {
      let item = Self.item { $0.header(block) }
      for subscription in heads { notifications.add(item, to: subscription) }
    }
    let interested = logs.filter { $0.query.filter.mayMatch(block.header.logsBloom) }
    guard !interested.isEmpty, let receipts = try? chain.receipts(ofBlock: number) else { return }
    for receipt in receipts {
      for (offset, log) in receipt.receipt.logs.enumerated() {
        var item: NotificationItem?
        for (query, subscription) in interested where query.filter.matches(log) {
          let written = item ?? Self.item { $0.log(log, at: offset, of: receipt) }
          item = written
          notifications.add(written, to: subscription)
        }
      }
    }
  }

  func announce(pending transactions: [RecoveredTransaction]) {
    let (hashes, full) = subscribers.withLock { subscribers in
      guard !subscribers.transactionHashes.isEmpty || !subscribers.fullTransactions.isEmpty else {
        return ([Subscription](), [Subscription]())
      }
      subscribers.removeClosed()
      return (subscribers.transactionHashes, subscribers.fullTransactions)
    }
    guard !hashes.isEmpty || !full.isEmpty else { return }
    var notifications = Notifications()
    for transaction in transactions {
      if !hashes.isEmpty {
        let item = Self.item { $0.data(transaction.hash) }
        for subscription in hashes { notifications.add(item, to: subscription) }
      }
      if !full.isEmpty {
        let item = Self.item { $0.pendingTransaction(transaction) }
        for subscription in full { notifications.add(item, to: subscription) }
      }
    }
    notifications.send()
  }

  private static func item(_ write: (inout JSONWriter) -> Void) -> NotificationItem {
    var writer = JSONWriter(capacity: 2_048)
    write(&writer)
    return NotificationItem(json: writer.bytes)
  }
}
