import Chain
import Synchronization

/// Lets block production wait for L1: when so many blocks wait to be settled, there is no use in further ones.
///
/// Nobody waits before L1 was reached, or while it is the wrong one or waits for an operator: then the chain goes on as if
/// there were none.
final class SettlementHold: Sendable {
  private let stream: BlockStream
  private let limit: UInt64
  private let follower = Mutex<BlockFollower?>(nil)

  init(_ stream: BlockStream, limit: UInt64) {
    self.stream = stream
    self.limit = limit
  }

  /// - Parameter block: the last one that L1 has settled; `nil` where nobody waits for L1.
  func settled(through block: UInt64?) {
    follower.withLock { follower in
      guard let block else {
        follower?.close()
        follower = nil
        return
      }
      if follower == nil {
        // What has piled up before is no reason to stand still.
        let head = stream.head
        follower = stream.follow("l1_sender", after: head, finished: max(block, head), maxLag: limit)
      }
      follower?.finish(through: block)
    }
  }

  func close() { settled(through: nil) }
}
