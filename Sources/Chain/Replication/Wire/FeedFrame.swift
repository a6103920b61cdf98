import ChainStorage
import Primitives
import StateTree

/// What a replay feed says, one frame after the other.
///
/// ```
/// length of what follows the checksum (4) ‖ checksum (8) ‖ kind (1) ‖ payload
/// ```
/// Numbers are little-endian. The checksum is XXH64 of kind and payload, against what damages bytes on the way; who may feed
/// a node is decided by the token and TLS.
package enum FeedFrame: Sendable, Equatable {
  /// The first frame of a stream.
  case hello(FeedHello)
  /// The next block, as it lies in the log.
  case record(RawRecord)
  /// Where the feeding node is; at least once a second, so that silence means that it is gone.
  case position(FeedPosition)

  enum Kind: UInt8 {
    case hello = 1
    case record = 2
    case position = 3
  }

  /// Length and checksum.
  static let headBytes = 12
  /// Bytes of kind and payload at most. The largest block that gas allows has about 6 MB.
  static let maxBytes = 64 << 20
}

/// Whose blocks a stream has.
package struct FeedHello: Sendable, Equatable {
  /// The version of the frames.
  static let version: UInt32 = 1

  package var chainID: UInt64
  package var genesisHash: Bytes32

  package init(chainID: UInt64, genesisHash: Bytes32) {
    self.chainID = chainID
    self.genesisHash = genesisHash
  }
}

/// How far the feeding node and its chain are.
public struct FeedPosition: Sendable, Equatable {
  /// The newest block that clients see there.
  public var head: UInt64
  /// What `safe` and `finalized` mean there; `nil` where it does not know.
  public var safe: UInt64?
  public var finalized: UInt64?
  /// What the state tree came to after a block, where the node keeps one.
  public var state: CommittedState?

  public init(head: UInt64, safe: UInt64? = nil, finalized: UInt64? = nil, state: CommittedState? = nil) {
    self.head = head
    self.safe = safe
    self.finalized = finalized
    self.state = state
  }
}

/// What the state tree commits to after a block.
public struct CommittedState: Sendable, Equatable {
  public var block: UInt64
  public var commitment: StateCommitment

  public init(block: UInt64, commitment: StateCommitment) {
    self.block = block
    self.commitment = commitment
  }
}
