import Chain
import ChainStorage
import Primitives

/// What a feed gives away.
public struct FeedSource: Sendable {
  let chainID: UInt64
  let genesisHash: Bytes32
  let log: ReplayLog
  let stream: BlockStream
  /// Where the chain is; asked every second for each follower.
  let position: @Sendable () -> FeedPosition

  public init(
    chainID: UInt64, genesisHash: Bytes32, log: ReplayLog, stream: BlockStream,
    position: @escaping @Sendable () -> FeedPosition
  ) {
    self.chainID = chainID
    self.genesisHash = genesisHash
    self.log = log
    self.stream = stream
    self.position = position
  }
}
