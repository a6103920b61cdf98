import Cryptography
import Primitives

/// One entry of the state tree: a key, its value, and the position of the leaf with the next larger key.
///
/// The leaves are dense: the position of a leaf is the number of leaves inserted before it, and none is ever removed.
/// Keys are ordered as bytes. Position 0 holds the smallest possible key and position 1 the largest, so that every other
/// key lies strictly between two neighbours. Source: zksync-os `flat_storage_model/simple_growable_storage.rs`.
@frozen
public struct TreeLeaf: Hashable, Sendable {
  public var key: Bytes32
  public var value: Bytes32
  /// Position of the leaf whose key follows this one; the largest key points at itself.
  public var next: UInt64

  @inlinable
  public init(key: Bytes32, value: Bytes32, next: UInt64) {
    self.key = key
    self.value = value
    self.next = next
  }

  /// A position that was never filled.
  public static let empty = TreeLeaf(key: .zero, value: .zero, next: 0)

  /// Key of the leaf at position 0.
  public static let smallestKey = Bytes32.zero
  /// Key of the leaf at position 1.
  public static let largestKey = Bytes32(w0: .max, w1: .max, w2: .max, w3: .max)

  /// Leaves of the tree that holds no keys: the two guards.
  public static let guards = [
    TreeLeaf(key: smallestKey, value: .zero, next: 1), TreeLeaf(key: largestKey, value: .zero, next: 1),
  ]
}

/// What a block commits to: the root and the number of leaves, the guards among them (the "next free slot").
public struct StateCommitment: Hashable, Sendable {
  public var root: Bytes32
  public var leafCount: UInt64

  public init(root: Bytes32, leafCount: UInt64) {
    self.root = root
    self.leafCount = leafCount
  }

  /// BLAKE2s of the root and the big-endian leaf count, as the batch public input takes it.
  public var hash: Bytes32 {
    var hasher = Blake2s256()
    hasher.update(root)
    hasher.update(withUnsafeBytes(of: leafCount.bigEndian) { Array($0) })
    return hasher.finalize()
  }
}
