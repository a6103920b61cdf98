import Primitives
import Transactions

/// What waits in a pool.
public struct PoolContent: Sendable, Equatable {
  /// Can be executed now, in turn of their senders' nonces.
  public var pending: [RecoveredTransaction]
  /// Wait for a nonce, for funds or for a lower base fee.
  public var queued: [RecoveredTransaction]

  public init(pending: [RecoveredTransaction], queued: [RecoveredTransaction]) {
    self.pending = pending
    self.queued = queued
  }
}

/// A pool whose content may be shown. Called on worker threads.
public protocol PoolReader: Sendable {
  /// All that waits, or what waits of one sender; in any order.
  func content(of sender: Address?) -> PoolContent
}
