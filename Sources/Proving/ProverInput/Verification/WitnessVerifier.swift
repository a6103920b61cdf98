import Primitives
import StateTree
import ZKsyncOS

/// Checks the tree's part of a prover input and computes the state after the block from it.
///
/// The questions follow the cells that execution touched, first those left as they were, then the changed ones; each leaf
/// is loaded once. Source: zksync-os `flat_storage_model/simple_growable_storage.rs`.
struct WitnessVerifier {
  private let reader: StreamReader
  private let before: StateCommitment
  private var leaves: [UInt64: TreeLeaf] = [:]
  private var positions: [Bytes32: UInt64] = [:]
  /// The keys of all leaves at hand, ascending; kept while leaves are inserted.
  private var keys: [Bytes32] = []
  /// Hashes beside the paths, by level and index, as far as they differ from an empty subtree's.
  private var siblings = [[UInt64: Bytes32]](repeating: [:], count: TreeHashing.depth)

  init(_ reader: StreamReader, before: StateCommitment) {
    self.reader = reader
    self.before = before
  }

  /// - Returns: the state after the block.
  mutating func check(_ output: BlockOutput) throws(StreamFault) -> StateCommitment {
    let touched = output.touchedSlots
    for slot in touched where slot.initial == slot.current { try ask(slot) }
    for slot in touched where slot.initial != slot.current {
      // A leaf that was loaded as somebody's neighbour is not asked for again.
      if !slot.isNew, positions[slot.flatKey] != nil { try requireValue(slot) } else { try ask(slot) }
    }
    let insertions = output.storageWrites.filter(\.isInsertion).count
    if insertions > 0 {
      try load(before.leafCount - 1)
      keys = positions.keys.sorted()
    }
    var next = before.leafCount
    for write in output.storageWrites {
      if write.isInsertion {
        try insert(write, at: next)
        next += 1
      } else {
        guard let index = positions[write.flatKey] else { throw .slot(write.flatKey) }
        leaves[index]?.value = write.value
      }
    }
    return StateCommitment(root: try root(), leafCount: before.leafCount + UInt64(insertions))
  }

  // MARK: Questions

  private mutating func ask(_ slot: TouchedSlot) throws(StreamFault) {
    try reader.expect(length: 2)
    let index = try reader.number()
    try load(index)
    if !slot.isNew {
      guard leaves[index]?.key == slot.flatKey else { throw .slot(slot.flatKey) }
      return try requireValue(slot)
    }
    guard let left = leaves[index] else { throw .path(index: index) }
    try load(left.next)
    guard let right = leaves[left.next], left.key < slot.flatKey, slot.flatKey < right.key else {
      throw .neighbours(slot.flatKey)
    }
    guard slot.initial.isZero else { throw .slot(slot.flatKey) }
  }

  private func requireValue(_ slot: TouchedSlot) throws(StreamFault) {
    guard let index = positions[slot.flatKey], leaves[index]?.value == slot.initial else { throw .slot(slot.flatKey) }
  }

  private mutating func load(_ index: UInt64) throws(StreamFault) {
    guard leaves[index] == nil else { return }
    try reader.expect(length: 532)
    let position = try reader.number()
    let leaf = TreeLeaf(key: try reader.bytes32(), value: try reader.bytes32(), next: try reader.number())
    var path: [Bytes32] = []
    path.reserveCapacity(TreeHashing.depth)
    for _ in 0..<TreeHashing.depth { path.append(try reader.bytes32()) }
    let proof = LeafProof(index: position, leaf: leaf, siblings: path)
    guard position == index, index < before.leafCount, proof.root == before.root else { throw .path(index: index) }
    leaves[index] = leaf
    positions[leaf.key] = index
    for level in 0..<TreeHashing.depth where path[level] != TreeHashing.emptySubtrees[level] {
      siblings[level][index >> UInt64(level) ^ 1] = path[level]
    }
  }

  // MARK: The state after the block

  /// Puts a new leaf behind the one with the next smaller key. That one is at hand: it was loaded as a neighbour, or the
  /// block itself has just inserted it.
  private mutating func insert(_ write: StorageWrite, at index: UInt64) throws(StreamFault) {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < write.flatKey { low = middle + 1 } else { high = middle }
    }
    guard low > 0, let previous = positions[keys[low - 1]], let left = leaves[previous] else {
      throw .neighbours(write.flatKey)
    }
    leaves[index] = TreeLeaf(key: write.flatKey, value: write.value, next: left.next)
    leaves[previous]?.next = index
    positions[write.flatKey] = index
    keys.insert(write.flatKey, at: low)
  }

  /// The root over the leaves at hand and the hashes beside their paths before the block.
  private func root() throws(StreamFault) -> Bytes32 {
    if leaves.isEmpty { return before.root }
    var nodes = leaves.mapValues { TreeHashing.hash($0) }
    for level in 0..<TreeHashing.depth {
      var parents: [UInt64: Bytes32] = [:]
      parents.reserveCapacity(nodes.count)
      for (index, node) in nodes where parents[index >> 1] == nil {
        let sibling: Bytes32
        if let node = nodes[index ^ 1] { sibling = node } else { sibling = try self.sibling(level, index ^ 1) }
        parents[index >> 1] = index & 1 == 0 ? TreeHashing.hash(node, sibling) : TreeHashing.hash(sibling, node)
      }
      nodes = parents
    }
    return nodes[0] ?? before.root
  }

  private func sibling(_ level: Int, _ index: UInt64) throws(StreamFault) -> Bytes32 {
    if let hash = siblings[level][index] { return hash }
    // Below this node there was nothing before the block, and the block put nothing there.
    guard index << UInt64(level) >= before.leafCount else {
      throw .incomplete(level: level, index: index)
    }
    return TreeHashing.emptySubtrees[level]
  }
}
