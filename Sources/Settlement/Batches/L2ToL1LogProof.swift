import Primitives
import ZKsyncOS

/// That a log to L1 is in a batch, as the contracts of L1 want to see it.
///
/// Source: era-contracts `state-transition/chain-deps/facets/Mailbox.sol`, `MessageHashing.sol`.
public struct L2ToL1LogProof: Sendable, Equatable {
  /// Metadata; siblings from the leaf upwards; the zero word that stands beside the root of the chain's own logs.
  public let words: [Bytes32]
  /// Of the batch.
  public let root: Bytes32

  /// - Parameters:
  ///   - logs: all of the batch.
  ///   - index: of the log among them; `nil` comes of one that has no place in the tree.
  public init?(_ logs: [L2ToL1Log], index: Int) {
    let tree = L2ToL1LogTree(logs)
    guard let siblings = tree.proof(of: index) else { return nil }
    let path = siblings + [.zero]
    var metadata = [UInt8](repeating: 0, count: 32)
    metadata[0] = Self.version
    metadata[1] = UInt8(path.count)
    // No path through a batch of another layer, and L1 ends here.
    metadata[2] = 0
    metadata[3] = 1
    words = [Bytes32(metadata) ?? .zero] + path
    root = tree.root
  }

  /// Of the metadata.
  private static let version: UInt8 = 1
}
