import Cryptography
import Primitives

/// The Keccak tree over a block's logs to L1: 16,384 leaves, filled from the left, the rest empty.
public struct L2ToL1LogTree: Sendable {
  /// Levels between a leaf and the root.
  public static let height = 14

  /// Hashes of every level that differ from the empty subtree's, leaves first.
  private let levels: [[Bytes32]]

  /// Logs in order of emission. More than 2^14 have no place; the virtual machine ignores them too.
  public init(_ logs: some Sequence<L2ToL1Log>) {
    self.init(leaves: logs.map { Keccak256.hash($0.encoded) })
  }

  public init(leaves: [Bytes32]) {
    var level = Array(leaves.prefix(1 << Self.height))
    var levels = [level]
    for depth in 0..<Self.height {
      level = stride(from: 0, to: level.count, by: 2).map { index in
        Keccak256.hash(level[index], index + 1 < level.count ? level[index + 1] : Self.emptySubtrees[depth])
      }
      levels.append(level)
    }
    self.levels = levels
  }

  /// Hashes of subtrees without logs, a leaf's first.
  static let emptySubtrees: [Bytes32] = {
    var hashes = [Keccak256.hash([UInt8](repeating: 0, count: L2ToL1Log.encodedLength))]
    for depth in 0..<height { hashes.append(Keccak256.hash(hashes[depth], hashes[depth])) }
    return hashes
  }()

  /// The root of this chain's logs.
  public var localRoot: Bytes32 { levels[Self.height].first ?? Self.emptySubtrees[Self.height] }

  /// What L1 stores: the local root beside the (zero) root of chains that settle on this one.
  public var root: Bytes32 { Keccak256.hash(localRoot, .zero) }

  /// Siblings from the leaf up to the local root; nil for a position without log.
  public func proof(of position: Int) -> [Bytes32]? {
    guard levels[0].indices.contains(position) else { return nil }
    return (0..<Self.height).map { depth in
      let sibling = position >> depth ^ 1
      return sibling < levels[depth].count ? levels[depth][sibling] : Self.emptySubtrees[depth]
    }
  }
}
