import Primitives

extension StateTree {
  /// Paths of many leaves in the newest version. The helper takes half of a long list.
  func currentProofs(_ indices: [UInt64]) throws(StateTreeError) -> ProofBatch {
    let pieces = PathPieces(indices, tiers: store.topTier + 1, sorter: &sorter)
    let count = pieces.entries.count
    var isComplete = (first: true, second: true)
    func collect() -> ProofBatch {
      isComplete = (true, true)
      var siblings: [Bytes32] = []
      let leaves = [TreeLeaf](unsafeUninitializedCapacity: indices.count) { leaves, leafCount in
        siblings = [Bytes32](unsafeUninitializedCapacity: SubtreePage.levels * count) { siblings, siblingCount in
          if indices.count < Self.worthSharing {
            isComplete.first = copy(pieces, 0..<count, leaves, siblings)
          } else {
            helper.run(
              { isComplete.second = copy(pieces, count / 2..<count, leaves, siblings) },
              alongside: { isComplete.first = copy(pieces, 0..<count / 2, leaves, siblings) })
          }
          siblingCount = siblings.count
        }
        leafCount = indices.count
      }
      return ProofBatch(pieces, leaves: leaves, siblings: siblings)
    }
    let batch = collect()
    if isComplete.first && isComplete.second { return batch }
    // Two threads only read pages in memory; now the others are brought there.
    for index in indices {
      for tier in 0..<pieces.tiers { _ = try store.page(tier: tier, Int(index) >> (6 * tier + 6)) }
    }
    return collect()
  }

  /// Fills in some of the pieces, and the leaves that they begin at.
  ///
  /// - Returns: whether all pages were in memory; what belongs to one that was not is left as zeros.
  private func copy(
    _ pieces: PathPieces, _ range: Range<Int>, _ leaves: UnsafeMutableBufferPointer<TreeLeaf>,
    _ siblings: UnsafeMutableBufferPointer<Bytes32>
  ) -> Bool {
    guard let leaves = leaves.baseAddress, let siblings = siblings.baseAddress else { return true }
    var isComplete = true
    for tier in 0..<pieces.tiers {
      let pages = store.tiers[tier]
      for piece in range.clamped(to: pieces.pieces(ofTier: tier)) {
        let entry = Int(pieces.entries[piece])
        let target = siblings + SubtreePage.levels * piece
        guard let page = pages.peek(entry / SubtreePage.width) else {
          isComplete = false
          if tier == 0 { (leaves + pieces.order[piece]).initialize(to: .empty) }
          target.initialize(repeating: .zero, count: SubtreePage.levels)
          continue
        }
        let slot = entry % SubtreePage.width
        if tier == 0 { (leaves + pieces.order[piece]).initialize(to: SubtreePage.leaf(page, slot)) }
        let hashes = page + pages.hashesOffset
        for level in 0..<SubtreePage.levels {
          let sibling = hashes + SubtreePage.offset(level: level) + (slot >> level ^ 1) * 32
          (target + level).initialize(to: Bytes32(loading: sibling))
        }
      }
    }
    return isComplete
  }
}
