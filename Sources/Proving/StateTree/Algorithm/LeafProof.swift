import Primitives

/// A leaf and the way from it to the root.
public struct LeafProof: Hashable, Sendable {
  /// Position of the leaf.
  public var index: UInt64
  public var leaf: TreeLeaf
  /// 64 hashes, the leaf's neighbour first, the child of the root last.
  public var siblings: [Bytes32]

  public init(index: UInt64, leaf: TreeLeaf, siblings: [Bytes32]) {
    self.index = index
    self.leaf = leaf
    self.siblings = siblings
  }

  /// The root that this path leads to; `nil` unless there are exactly 64 siblings.
  ///
  /// On level `l` the node is a right child exactly if bit `l` of the index is set.
  public var root: Bytes32? {
    guard siblings.count == TreeHashing.depth else { return nil }
    var node = TreeHashing.hash(leaf)
    for level in 0..<TreeHashing.depth {
      let isRight = index >> UInt64(level) & 1 == 1
      node = isRight ? TreeHashing.hash(siblings[level], node) : TreeHashing.hash(node, siblings[level])
    }
    return node
  }

  /// The siblings without the trailing ones that equal the empty subtree of their level.
  public var trimmedSiblings: ArraySlice<Bytes32> {
    var count = siblings.count
    while count > 0, siblings[count - 1] == TreeHashing.emptySubtrees[count - 1] { count -= 1 }
    return siblings[..<count]
  }

  /// Restores the siblings that `trimmedSiblings` left out; `nil` for more than 64.
  public init?(index: UInt64, leaf: TreeLeaf, trimmedSiblings: some Collection<Bytes32>) {
    guard trimmedSiblings.count <= TreeHashing.depth else { return nil }
    self.init(
      index: index, leaf: leaf,
      siblings: Array(trimmedSiblings) + TreeHashing.emptySubtrees[trimmedSiblings.count..<TreeHashing.depth])
  }
}

/// What the tree holds under a key, proven.
public enum KeyProof: Hashable, Sendable {
  /// The key's own leaf.
  case existing(LeafProof)
  /// The two adjacent leaves between which the key would stand.
  case absent(left: LeafProof, right: LeafProof)

  /// Why a proof does not hold.
  public enum Failure: Error, Hashable, Sendable {
    /// A path does not have 64 siblings.
    case wrongLength
    /// A path leads to another root.
    case wrongRoot
    /// A leaf lies beyond the committed leaf count.
    case indexBeyondTree
    /// The leaf of an existence proof holds another key.
    case wrongKey
    /// The leaves of an absence proof are not neighbours with the key strictly between them.
    case notBetweenNeighbours
  }

  /// Checks the proof against a commitment. Needs no tree.
  ///
  /// - Returns: the value under `key`, or `nil` if the proof shows that the key is absent.
  public func verify(key: Bytes32, against commitment: StateCommitment) throws(Failure) -> Bytes32? {
    func check(_ proof: LeafProof) throws(Failure) {
      guard let root = proof.root else { throw .wrongLength }
      guard root == commitment.root else { throw .wrongRoot }
      guard proof.index < commitment.leafCount else { throw .indexBeyondTree }
    }
    switch self {
    case .existing(let proof):
      try check(proof)
      guard proof.leaf.key == key else { throw .wrongKey }
      return proof.leaf.value
    case .absent(let left, let right):
      try check(left)
      try check(right)
      guard left.leaf.key < key, key < right.leaf.key, left.leaf.next == right.index else {
        throw .notBetweenNeighbours
      }
      return nil
    }
  }
}
