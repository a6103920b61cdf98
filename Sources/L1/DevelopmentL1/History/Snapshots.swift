import Ethereum
import Primitives
import Transactions

/// What the chain was when somebody asked for it to be remembered.
struct Snapshot: Sendable {
  /// The newest block then.
  var number: UInt64
  var hash: Bytes32
  var state: StateTrie
  var settings: ChainSettings
  var pool: TransactionPool
  /// Length of the journal then.
  var journalLength: UInt64
}

/// Snapshots by their ids, which count up and are never used again.
struct Snapshots: Sendable {
  /// Each shares with the chain whatever has not changed since; still it is not for nothing.
  static let limit = 1_024

  private var byID: [UInt64: Snapshot] = [:]
  private var next: UInt64 = 0

  /// Remembers; the oldest is forgotten where there are too many.
  mutating func insert(_ snapshot: Snapshot) -> UInt64 {
    if byID.count >= Self.limit, let oldest = byID.keys.min() { byID[oldest] = nil }
    byID[next] = snapshot
    defer { next += 1 }
    return next
  }

  subscript(id: UInt64) -> Snapshot? { byID[id] }

  /// A snapshot has been gone back to: it is forgotten, and with it all that are younger.
  mutating func use(_ id: UInt64) { byID = byID.filter { $0.key < id } }

  /// Forgets those that remember more of the journal than there is now.
  mutating func forget(beyond length: UInt64, block number: UInt64) {
    byID = byID.filter { $0.value.journalLength <= length && $0.value.number <= number }
  }

  /// Forgets all: the chain is another.
  mutating func removeAll() { byID = [:] }

  /// Each with the block that was the newest, in the order of the ids.
  var all: [(id: UInt64, number: UInt64, hash: Bytes32)] {
    byID.sorted { $0.key < $1.key }.map { ($0.key, $0.value.number, $0.value.hash) }
  }
}
