import Chain
import EthereumAPI
import Mempool
import Synchronization
import Transactions

/// What the chain's stream tells and the mempool has to offer, for the notifier of the API.
final class StreamEvents: EventSource {
  private let follower: BlockFollower
  private let mempool: Mempool
  private let subscriptions = Mutex<[Int]>([])
  /// The last block that the stream gave.
  private let last = Mutex<UInt64>(0)

  init(_ stream: BlockStream, _ mempool: Mempool) {
    follower = stream.follow("notifier", after: stream.head, repeatsAfterRewind: true)
    self.mempool = mempool
  }

  func waitForHead(otherThan block: ChainPosition) -> UInt64? {
    while case .accepted(let next, _)? = follower.next() {
      let hasGoneBack = last.withLock { last in
        defer { last = next }
        return next <= last
      }
      if next > block.number || hasGoneBack { return next }
    }
    return nil
  }

  func stopWaiting() {
    follower.close()
    for subscription in subscriptions.withLock({ $0 }) { mempool.unsubscribe(subscription) }
  }

  func onExecutable(_ handler: @escaping @Sendable ([RecoveredTransaction]) -> Void) {
    let subscription = mempool.subscribe(handler)
    subscriptions.withLock { $0.append(subscription) }
  }

  func onRefusal(_ handler: @escaping @Sendable (RefusedTransaction) -> Void) {
    mempool.onRefusal { refused in
      for refusal in refused {
        handler(
          RefusedTransaction(
            hash: refusal.hash, sender: refusal.sender, nonce: refusal.nonce, reason: refusal.reason.description,
            reasonForLaterNonces: refusal.reason.kind == .replaced ? nil : refusal.reasonForLaterNonces))
      }
    }
  }
}
