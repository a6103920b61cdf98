import Primitives

/// What a block changes, before anything is changed.
struct BlockPlan {
  struct Insert {
    var leaf: TreeLeaf
    /// The leaf with the next smaller key before the block, and that leaf's successor then.
    var previous: UInt64
    var following: UInt64
  }

  struct Relink {
    var index: UInt64
    var old: UInt64
    var new: UInt64
  }

  /// Position of the leaf, and which write gives the value; by position.
  var updates: [RadixSort.Item] = []
  /// New leaves in the order of their positions.
  var inserts: [Insert] = []
  /// Prefix of the key, and which of `inserts`; by key.
  var insertsByKey: [RadixSort.Item] = []
  /// By position.
  var relinks: [Relink] = []
}

extension StateTree {
  /// Finds all keys and links the new ones. Nothing is changed.
  func plan(_ writes: [(key: Bytes32, value: Bytes32)], positions: [KeyPosition]) throws(StateTreeError) -> BlockPlan {
    var plan = BlockPlan()
    plan.updates.reserveCapacity(writes.count)
    for order in writes.indices {
      switch positions[order] {
      case .existing(let index): plan.updates.append(RadixSort.Item(key: index, payload: order))
      case .absent(let previous, let next):
        plan.insertsByKey.append(
          RadixSort.Item(key: KeyIndex.prefix(writes[order].key), payload: plan.inserts.count))
        plan.inserts.append(
          BlockPlan.Insert(
            leaf: TreeLeaf(key: writes[order].key, value: writes[order].value, next: next), previous: previous,
            following: next))
      }
    }
    sorter.sort(&plan.updates)
    for position in plan.updates.indices.dropFirst() where plan.updates[position].key == plan.updates[position - 1].key
    {
      throw .duplicateKey(writes[plan.updates[position].payload].key)
    }
    try link(&plan, leafCount: store.commitment.leafCount)
    return plan
  }

  /// Links the new leaves, each of which knows its old neighbours, with these and with one another.
  func link(_ plan: inout BlockPlan, leafCount: UInt64) throws(StateTreeError) {
    sorter.sort(&plan.insertsByKey)
    // Keys that share the first eight bytes are in the order of insertion so far.
    for position in plan.insertsByKey.indices.dropFirst() {
      var slot = position
      while slot > 0, plan.insertsByKey[slot - 1].key == plan.insertsByKey[slot].key {
        let key = plan.inserts[plan.insertsByKey[slot].payload].leaf.key
        let before = plan.inserts[plan.insertsByKey[slot - 1].payload].leaf.key
        if key == before { throw .duplicateKey(key) }
        if before < key { break }
        plan.insertsByKey.swapAt(slot, slot - 1)
        slot -= 1
      }
    }
    var relinks: [RadixSort.Item] = []
    for position in plan.insertsByKey.indices {
      let current = plan.insertsByKey[position].payload
      let index = leafCount + UInt64(current)
      if position > 0 {
        let before = plan.insertsByKey[position - 1].payload
        if plan.inserts[before].previous == plan.inserts[current].previous {
          plan.inserts[before].leaf.next = index
          continue
        }
      }
      relinks.append(RadixSort.Item(key: plan.inserts[current].previous, payload: current))
    }
    sorter.sort(&relinks)
    plan.relinks = relinks.map {
      BlockPlan.Relink(
        index: $0.key, old: plan.inserts[$0.payload].following, new: leafCount + UInt64($0.payload))
    }
  }

  // MARK: Finding keys

  /// Keys looked up together.
  private static let chunk = 64
  /// Items below which it does not pay to wake the helper.
  static let worthSharing = 512

  /// Where each of `count` keys stands in the newest version.
  ///
  /// Works through the keys in chunks: first what the index says about all of a chunk, then their leaves, then the
  /// leaves that follow, each step with its memory accesses side by side.
  func currentPositions(count: Int, key: (Int) -> Bytes32) throws(StateTreeError) -> [KeyPosition] {
    let leafCount = store.commitment.leafCount
    let keys = (0..<count).map(key)
    let prefixes = keys.map(KeyIndex.prefix)
    let candidates = candidates(prefixes, leafCount: leafCount)
    var result: [KeyPosition] = []
    result.reserveCapacity(count)
    var start = 0
    while start < count {
      let size = min(Self.chunk, count - start)
      for candidate in candidates[start..<start + size] {
        let leaf = candidate.exact != KeyIndex.Candidate.none ? candidate.exact : candidate.previous
        if leaf < leafCount { store.warm(leaf) }
      }
      for offset in 0..<size {
        let position = try position(of: keys[start + offset], candidates[start + offset], leafCount: leafCount)
        if case .absent(_, let next) = position, next < leafCount { store.warm(next) }
        result.append(position)
      }
      for offset in 0..<size {
        guard case .absent(let previous, let next) = result[start + offset] else { continue }
        try requireBetween(keys[start + offset], previous, next)
      }
      start += size
    }
    return result
  }

  /// What the index says about each prefix; the helper takes half of a long list.
  private func candidates(_ prefixes: [UInt64], leafCount: UInt64) -> [KeyIndex.Candidate] {
    var candidates = [KeyIndex.Candidate](repeating: .init(), count: prefixes.count)
    var (warmth, helperWarmth) = (UInt64(0), UInt64(0))
    prefixes.withUnsafeBufferPointer { prefixes in
      candidates.withUnsafeMutableBufferPointer { candidates in
        func find(_ range: Range<Int>) -> UInt64 {
          withUnsafeTemporaryAllocation(of: (prefix: UInt64, position: Int).self, capacity: Self.chunk) { pending in
            var warmth: UInt64 = 0
            for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.chunk) {
              let piece = start..<min(start + Self.chunk, range.upperBound)
              warmth &+= index.candidates(
                UnsafeBufferPointer(rebasing: prefixes[piece]), leafCount: leafCount,
                into: UnsafeMutableBufferPointer(rebasing: candidates[piece]), pending: pending)
            }
            return warmth
          }
        }
        let half = prefixes.count < Self.worthSharing ? 0 : prefixes.count / 2
        if half > 0 {
          helper.run({ helperWarmth = find(0..<half) }, alongside: { warmth = find(half..<prefixes.count) })
        } else {
          warmth = find(0..<prefixes.count)
        }
      }
    }
    store.use(warmth &+ helperWarmth)
    return candidates
  }

  private func position(of key: Bytes32, _ candidate: KeyIndex.Candidate, leafCount: UInt64) throws(StateTreeError)
    -> KeyPosition
  {
    if !candidate.isAmbiguous {
      if candidate.exact != KeyIndex.Candidate.none {
        if try store.leaf(candidate.exact).key == key { return .existing(candidate.exact) }
      } else if candidate.previous != KeyIndex.Candidate.none {
        return .absent(previous: candidate.previous, next: try store.leaf(candidate.previous).next)
      }
    }
    let found = try index.find(key, leafCount: leafCount, in: store)
    return found.leaf.key == key ? .existing(found.index) : .absent(previous: found.index, next: found.leaf.next)
  }

  /// The index is not authenticated, but the leaves are: a key is absent if two linked leaves enclose it.
  private func requireBetween(_ key: Bytes32, _ previous: UInt64, _ next: UInt64) throws(StateTreeError) {
    guard try store.leaf(previous).key < key, key < (try store.leaf(next).key) else {
      throw .corrupted(file: "index", detail: "the neighbours of \(key) do not enclose it")
    }
  }
}
