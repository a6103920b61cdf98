import Chain
import EthereumAPI
import Mempool
import Transactions

/// What the chain's stream tells and the mempool has to offer, for the notifier of the API.
struct StreamEvents: EventSource {
  private let follower: BlockFollower
  private let mempool: Mempool

  init(_ stream: BlockStream, _ mempool: Mempool) {
    follower = stream.follow("notifier", after: stream.head)
    self.mempool = mempool
  }

  func waitForBlock(after number: UInt64) -> UInt64? {
    while case .accepted(let next, _)? = follower.next() {
      if next > number { return next }
    }
    return nil
  }

  func stopWaiting() { follower.close() }

  func onExecutable(_ handler: @escaping @Sendable ([RecoveredTransaction]) -> Void) { _ = mempool.subscribe(handler) }
}
