import Cryptography
import Primitives

/// The hash function of the tree, one node at a time, and its empty subtrees.
public enum TreeHashing {
  /// Levels between the leaves (level 0) and the root (level 64).
  public static let depth = 64

  /// BLAKE2s of key, value and the little-endian next position: 72 bytes.
  public static func hash(_ leaf: TreeLeaf) -> Bytes32 {
    var hasher = Blake2s256()
    hasher.update(leaf.key)
    hasher.update(leaf.value)
    withUnsafeBytes(of: leaf.next.littleEndian) { hasher.update($0) }
    return hasher.finalize()
  }

  /// BLAKE2s of two children.
  public static func hash(_ left: Bytes32, _ right: Bytes32) -> Bytes32 {
    var hasher = Blake2s256()
    hasher.update(left)
    hasher.update(right)
    return hasher.finalize()
  }

  /// Hashes of the subtrees without leaves: 65 of them, level 0 first.
  public static let emptySubtrees: [Bytes32] = {
    var hashes = [hash(TreeLeaf.empty)]
    for level in 0..<depth { hashes.append(hash(hashes[level], hashes[level])) }
    return hashes
  }()

  /// The root above a node that stands leftmost on `level` when everything to its right is empty.
  public static func root(above node: Bytes32, level: Int) -> Bytes32 {
    var node = node
    for level in level..<depth { node = hash(node, emptySubtrees[level]) }
    return node
  }
}
