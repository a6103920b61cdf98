import Primitives

extension StateTree {
  /// Paths of many leaves in the newest version. The helper takes half of a long list.
  func currentProofs(_ indices: [UInt64]) throws(StateTreeError) -> ProofBatch {
    let top = store.topTier
    var batch = ProofBatch(height: SubtreePage.levels * (top + 1))
    batch.indices = indices
    let height = batch.height
    // Neighbours share most of their paths, so the paths are read from left to right.
    var order = indices.enumerated().map { RadixSort.Item(key: $0.element, payload: $0.offset) }
    sorter.sort(&order)
    var isComplete = (first: true, second: true)
    func collect() {
      isComplete = (true, true)
      batch.leaves = [TreeLeaf](unsafeUninitializedCapacity: indices.count) { leaves, leafCount in
        batch.siblings = [Bytes32](unsafeUninitializedCapacity: indices.count * height) { siblings, count in
          let half = indices.count < Self.worthSharing ? indices.count : indices.count / 2
          let first = 0..<half
          let second = half..<indices.count
          if second.isEmpty {
            isComplete.first = copyPaths(order[first], top: top, leaves, siblings)
          } else {
            helper.run(
              { isComplete.second = copyPaths(order[second], top: top, leaves, siblings) },
              alongside: { isComplete.first = copyPaths(order[first], top: top, leaves, siblings) })
          }
          count = indices.count * height
        }
        leafCount = indices.count
      }
    }
    collect()
    if !(isComplete.first && isComplete.second) {
      // Two threads only read pages in memory; now the others are brought there.
      for index in indices {
        for tier in 0...top { _ = try store.page(tier: tier, Int(index) >> (6 * tier + 6)) }
      }
      collect()
    }
    return batch
  }

  /// Fills in some of the leaves and paths.
  ///
  /// - Parameter order: positions of leaves, and where they come in the batch.
  /// - Returns: whether all pages were in memory; what belongs to one that was not is left as zeros.
  private func copyPaths(
    _ order: ArraySlice<RadixSort.Item>, top: Int, _ leaves: UnsafeMutableBufferPointer<TreeLeaf>,
    _ siblings: UnsafeMutableBufferPointer<Bytes32>
  ) -> Bool {
    let height = SubtreePage.levels * (top + 1)
    guard let leaves = leaves.baseAddress, let siblings = siblings.baseAddress else { return true }
    var isComplete = true
    for item in order {
      let (index, position) = (Int(item.key), item.payload)
      var target = siblings + position * height
      for tier in 0...top {
        guard let page = store.tiers[tier].peek(index >> (6 * tier + 6)) else {
          isComplete = false
          if tier == 0 { (leaves + position).initialize(to: .empty) }
          target.initialize(repeating: .zero, count: SubtreePage.levels)
          target += SubtreePage.levels
          continue
        }
        let slot = index >> (6 * tier) % SubtreePage.width
        if tier == 0 { (leaves + position).initialize(to: SubtreePage.leaf(page, slot)) }
        let hashes = page + (tier == 0 ? SubtreePage.leavesBytes : 0)
        for level in 0..<SubtreePage.levels {
          target.initialize(to: Bytes32(loading: hashes + SubtreePage.offset(level: level) + (slot >> level ^ 1) * 32))
          target += 1
        }
      }
    }
    return isComplete
  }
}
