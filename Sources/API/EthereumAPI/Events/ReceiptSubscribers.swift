import JSON
import JSONRPC
import Primitives

/// Who wants receipts of new blocks, all or those of some transactions.
struct ReceiptSubscribers: Sendable {
  /// Bytes after which the receipts of a block go on in a further notification.
  private static let portion = 4 << 20

  private var all: [String: Subscription] = [:]
  private var byHash: [Bytes32: [String: Subscription]] = [:]

  var isEmpty: Bool { all.isEmpty && byHash.isEmpty }

  mutating func add(_ subscription: Subscription, _ hashes: Set<Bytes32>) {
    if hashes.isEmpty { all[subscription.id] = subscription }
    for hash in hashes { byHash[hash, default: [:]][subscription.id] = subscription }
  }

  mutating func remove(_ subscription: Subscription, _ hashes: Set<Bytes32>) {
    if hashes.isEmpty { all[subscription.id] = nil }
    for hash in hashes {
      byHash[hash]?[subscription.id] = nil
      if byHash[hash]?.isEmpty == true { byHash[hash] = nil }
    }
  }

  /// What to tell of the receipts of a block: arrays, as geth does, and to whom.
  func items(for receipts: [LocatedReceipt]) -> [(json: [UInt8], to: [Subscription])] {
    guard !isEmpty, !receipts.isEmpty else { return [] }
    var items: [(json: [UInt8], to: [Subscription])] = []
    if !all.isEmpty { items += Self.arrays(receipts).map { ($0, Array(all.values)) } }
    var wanted: [String: (subscription: Subscription, receipts: [LocatedReceipt])] = [:]
    for receipt in receipts {
      for (id, subscription) in byHash[receipt.transactionHash] ?? [:] {
        wanted[id, default: (subscription, [])].receipts.append(receipt)
      }
    }
    for (subscription, receipts) in wanted.values {
      items += Self.arrays(receipts).map { ($0, [subscription]) }
    }
    return items
  }

  private static func arrays(_ receipts: [LocatedReceipt]) -> [[UInt8]] {
    var arrays: [[UInt8]] = []
    var writer = JSONWriter(capacity: 2_048)
    writer.beginArray()
    for (index, receipt) in receipts.enumerated() {
      writer.receipt(receipt)
      guard writer.count > portion, index + 1 < receipts.count else { continue }
      writer.endArray()
      arrays.append(writer.bytes)
      writer.clear()
      writer.beginArray()
    }
    writer.endArray()
    arrays.append(writer.bytes)
    return arrays
  }
}
