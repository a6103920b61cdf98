import Primitives
import StateTree

/// The tree by its definition, slow and obvious: all leaves in an array, everything hashed anew for each root.
struct ReferenceTree {
  private(set) var leaves = TreeLeaf.guards

  var leafCount: UInt64 { UInt64(leaves.count) }
  var commitment: StateCommitment { StateCommitment(root: levels()[64][0], leafCount: leafCount) }

  mutating func apply(_ writes: [(key: Bytes32, value: Bytes32)]) {
    for (key, value) in writes {
      if let index = leaves.firstIndex(where: { $0.key == key }) {
        leaves[index].value = value
      } else {
        leaves.append(TreeLeaf(key: key, value: value, next: 0))
      }
    }
    let order = leaves.indices.sorted { leaves[$0].key < leaves[$1].key }
    for (position, index) in order.enumerated() {
      leaves[index].next = position + 1 < order.count ? UInt64(order[position + 1]) : UInt64(index)
    }
  }

  /// The nodes of each level that are not empty.
  func levels() -> [[Bytes32]] {
    var levels = [leaves.map { TreeHashing.hash($0) }]
    for level in 0..<64 {
      var parents: [Bytes32] = []
      for left in stride(from: 0, to: levels[level].count, by: 2) {
        let right = left + 1 < levels[level].count ? levels[level][left + 1] : TreeHashing.emptySubtrees[level]
        parents.append(TreeHashing.hash(levels[level][left], right))
      }
      levels.append(parents)
    }
    return levels
  }

  func proof(at index: Int) -> LeafProof {
    let levels = levels()
    let siblings = (0..<64).map { level in
      let sibling = index >> level ^ 1
      return sibling < levels[level].count ? levels[level][sibling] : TreeHashing.emptySubtrees[level]
    }
    return LeafProof(index: UInt64(index), leaf: leaves[index], siblings: siblings)
  }

  func position(of key: Bytes32) -> KeyPosition {
    if let index = leaves.firstIndex(where: { $0.key == key }) { return .existing(UInt64(index)) }
    let previous = leaves.indices.filter { leaves[$0].key < key }.max { leaves[$0].key < leaves[$1].key }!
    return .absent(previous: UInt64(previous), next: leaves[previous].next)
  }
}
