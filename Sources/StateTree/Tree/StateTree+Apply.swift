import Primitives

/// A page that a block changes.
struct TouchedPage {
  var number: Int
  var bytes: UnsafeMutableRawPointer
  /// Bit `s` is set if entry `s` changes.
  var dirty: UInt64
}

/// What a block changes, before anything is changed.
struct BlockPlan {
  struct Update {
    var index: UInt64
    var value: Bytes32
  }

  struct Insert {
    /// Position that the leaf gets.
    var index: UInt64
    var leaf: TreeLeaf
    /// The leaf with the next smaller key before the block, and its successor then.
    var previous: UInt64
    var following: UInt64
  }

  struct Relink {
    var index: UInt64
    var old: UInt64
    var new: UInt64
  }

  /// By position.
  var updates: [Update] = []
  /// By key while being linked, then by position.
  var inserts: [Insert] = []
  /// By position.
  var relinks: [Relink] = []
}

extension StateTree {
  /// Applies a block: `writes` update existing keys and insert the others, in the order given.
  ///
  /// When the call returns, the version is durable and visible. When it throws, no part of the block is: `.diskFull`
  /// and errors about the arguments leave the tree as it was, ready for another attempt.
  ///
  /// - Parameters:
  ///   - version: the block's number; must follow `lastVersion`.
  ///   - writes: distinct keys with their new values. New keys get positions in this order, which must therefore be the
  ///     order of the cells in the state transition.
  /// - Returns: the root and the number of leaves, which is the next free position.
  @discardableResult
  public func apply(version: UInt64, writes: [(key: Bytes32, value: Bytes32)]) throws(StateTreeError)
    -> StateCommitment
  {
    try exclusively { () throws(StateTreeError) in
      try applyUnlocked(version: version, writes: writes, reads: nil).commitment
    }
  }

  /// Applies a block and answers what the proving run of this block will ask.
  ///
  /// - Parameter reads: keys of the cells that the block accessed and left as they were, in cell order.
  public func apply(
    version: UInt64, writes: [(key: Bytes32, value: Bytes32)], witnessing reads: [Bytes32]
  ) throws(StateTreeError) -> (commitment: StateCommitment, witness: BlockWitness) {
    try exclusively { () throws(StateTreeError) in
      let (commitment, witness) = try applyUnlocked(version: version, writes: writes, reads: reads)
      return (commitment, witness ?? BlockWitness(proofs: ProofBatch(height: 0)))
    }
  }

  private func applyUnlocked(
    version: UInt64, writes: [(key: Bytes32, value: Bytes32)], reads: [Bytes32]?
  ) throws(StateTreeError) -> (commitment: StateCommitment, witness: BlockWitness?) {
    guard version == versionCount else { throw .versionOutOfOrder(expected: versionCount, found: version) }
    store.beginOperation()
    var watch = Stopwatch()
    lastTimings = ApplyTimings()
    var positions: [KeyPosition] = []
    let plan = try self.plan(writes, positions: &positions)
    lastTimings.lookup = watch.lap()
    var witness: BlockWitness?
    if let reads {
      witness = try currentWitness(
        reads: try reads.map { (key) throws(StateTreeError) in (key, try currentPosition(of: key)) },
        writes: zip(writes, positions).map { ($0.key, $1) })
      lastTimings.witness = watch.lap()
    }
    return (try commit(plan, version: version), witness)
  }

  /// Makes a planned block the newest version.
  func commit(_ plan: BlockPlan, version: UInt64) throws(StateTreeError) -> StateCommitment {
    var watch = Stopwatch()
    let before = store.commitment
    try touchPages(of: plan, leafCountBefore: before.leafCount)
    try compose(plan, version: version, before: before)
    lastTimings.lookup += watch.lap()
    try versions.reserve(version: version)
    try journal.write(writer.bytes, version: version)
    lastTimings.journal = watch.lap()

    let compressionsBefore = store.hasher.compressions
    change(plan)
    let after = rehash(before: before, leafCount: before.leafCount + UInt64(plan.inserts.count))
    lastTimings.compressions = store.hasher.compressions - compressionsBefore
    lastTimings.hashing = watch.lap()
    try critically { () throws(StateTreeError) in
      let location = try journal.commit(
        trailer: writer.finishTrailer(after), recordBytes: writer.shape.totalBytes)
      try versions.write(
        VersionTable.Row(commitment: after, location: location, epoch: superblock.epoch), version: version)
    }
    lastTimings.synchronize = watch.lap()
    store.commitment = after
    versionCount += 1
    uncheckpointedBytes += writer.shape.totalBytes
    index.append(plan.inserts.map { SortedRun.Entry(prefix: KeyIndex.prefix($0.leaf.key), index: $0.index) })
    lastTimings.index = watch.lap()
    // The block is durable already. If the disk is full, the pages wait in memory for the next attempt.
    store.beginOperation()
    do {
      lastTimings.pageBytes = try advanceCheckpoint(after: writer.shape.totalBytes)
    } catch .diskFull {
      sweep = nil
      uncheckpointedBytes += options.checkpointBytes
    } catch {
      failure = "\(error)"
      throw error
    }
    lastTimings.checkpoint = watch.lap()
    lastTimings.recordBytes = writer.shape.totalBytes
    return after
  }

  // MARK: Planning

  /// Finds all keys and links the new ones. Nothing is changed.
  private func plan(_ writes: [(key: Bytes32, value: Bytes32)], positions: inout [KeyPosition]) throws(StateTreeError)
    -> BlockPlan
  {
    let leafCount = store.commitment.leafCount
    var plan = BlockPlan()
    plan.updates.reserveCapacity(writes.count)
    for (key, value) in writes {
      guard key != TreeLeaf.smallestKey, key != TreeLeaf.largestKey else { throw .reservedKey(key) }
      let found = try find(key, leafCount: leafCount)
      if found.leaf.key == key {
        plan.updates.append(BlockPlan.Update(index: found.index, value: value))
        positions.append(.existing(found.index))
      } else {
        plan.inserts.append(
          BlockPlan.Insert(
            index: leafCount + UInt64(plan.inserts.count),
            leaf: TreeLeaf(key: key, value: value, next: found.leaf.next),
            previous: found.index, following: found.leaf.next))
        positions.append(.absent(previous: found.index, next: found.leaf.next))
      }
    }
    plan.updates.sort { $0.index < $1.index }
    for position in plan.updates.indices.dropFirst()
    where plan.updates[position].index == plan.updates[position - 1].index {
      throw .duplicateKey(try store.leaf(plan.updates[position].index).key)
    }
    try link(&plan)
    return plan
  }

  /// Links the new leaves, each of which knows its old neighbours, with these and with one another.
  func link(_ plan: inout BlockPlan) throws(StateTreeError) {
    plan.inserts.sort { $0.leaf.key < $1.leaf.key }
    for position in plan.inserts.indices {
      let insert = plan.inserts[position]
      if position == 0 || plan.inserts[position - 1].previous != insert.previous {
        plan.relinks.append(BlockPlan.Relink(index: insert.previous, old: insert.following, new: insert.index))
      } else {
        guard plan.inserts[position - 1].leaf.key != insert.leaf.key else { throw .duplicateKey(insert.leaf.key) }
        plan.inserts[position - 1].leaf.next = insert.index
      }
    }
    plan.relinks.sort { $0.index < $1.index }
    plan.inserts.sort { $0.index < $1.index }
  }

  /// The leaf of a key in the newest version or of the largest key below; checks that the neighbours enclose the key.
  func find(_ key: Bytes32, leafCount: UInt64) throws(StateTreeError) -> (index: UInt64, leaf: TreeLeaf) {
    let found = try index.find(key, leafCount: leafCount, in: store)
    if found.leaf.key != key {
      // The index is not authenticated, but the leaves are: a key is absent if two linked leaves enclose it.
      let next = try store.leaf(found.leaf.next).key
      guard found.leaf.key < key, key < next else {
        throw .corrupted(file: "index", detail: "the neighbours of \(key) do not enclose it")
      }
    }
    return found
  }

  func currentPosition(of key: Bytes32) throws(StateTreeError) -> KeyPosition {
    let found = try find(key, leafCount: store.commitment.leafCount)
    return found.leaf.key == key ? .existing(found.index) : .absent(previous: found.index, next: found.leaf.next)
  }

  // MARK: Pages

  /// Brings all pages that the block changes into memory, tier by tier, and notes which entries change.
  private func touchPages(of plan: BlockPlan, leafCountBefore: UInt64) throws(StateTreeError) {
    let leafCount = leafCountBefore + UInt64(plan.inserts.count)
    let oldTop = SubtreeStore.topTier(leafCount: leafCountBefore)
    let newTop = SubtreeStore.topTier(leafCount: leafCount)
    try store.reserveTiers(through: newTop)
    while touched.count <= newTop { touched.append([]) }
    for tier in touched.indices { touched[tier].removeAll(keepingCapacity: true) }

    /// Notes a change of an entry; entries come in ascending order.
    func touch(tier: Int, entry: Int) throws(StateTreeError) {
      let page = entry / SubtreePage.width
      let bit: UInt64 = 1 &<< UInt64(entry % SubtreePage.width)
      if let last = touched[tier].indices.last, touched[tier][last].number == page {
        touched[tier][last].dirty |= bit
        return
      }
      let bytes: UnsafeMutableRawPointer
      if page < SubtreeStore.pageCount(tier: tier, leafCount: leafCountBefore), tier <= oldTop {
        bytes = try store.page(tier: tier, page)
      } else if let resident = store.tiers[tier].resident(page) {
        bytes = resident
      } else {
        bytes = try store.tiers[tier].create(page)
      }
      touched[tier].append(TouchedPage(number: page, bytes: bytes, dirty: bit))
    }

    // Updates and relinks are two ascending lists; the inserts follow both.
    var (u, r) = (0, 0)
    while u < plan.updates.count || r < plan.relinks.count {
      if r == plan.relinks.count || u < plan.updates.count && plan.updates[u].index <= plan.relinks[r].index {
        try touch(tier: 0, entry: Int(plan.updates[u].index))
        u += 1
      } else {
        try touch(tier: 0, entry: Int(plan.relinks[r].index))
        r += 1
      }
    }
    for insert in plan.inserts { try touch(tier: 0, entry: Int(insert.index)) }
    // `rehash` needs the top of the tree so far when a further tier begins to be used.
    if newTop > oldTop, leafCountBefore > 0 { _ = try store.page(tier: oldTop, 0) }
    for tier in 0..<newTop {
      // A tier that begins to be used has, to its left, the tree so far.
      if tier >= oldTop { try touch(tier: tier + 1, entry: 0) }
      for position in touched[tier].indices { try touch(tier: tier + 1, entry: touched[tier][position].number) }
    }
  }

  /// Composes the journal record from the plan and the pages as they are.
  private func compose(_ plan: BlockPlan, version: UInt64, before: StateCommitment) throws(StateTreeError) {
    let oldTop = SubtreeStore.topTier(leafCount: before.leafCount)
    var nodes: [Int] = []
    if oldTop > 0 {
      for tier in 1...oldTop {
        let entries = SubtreeStore.entryCount(tier: tier, leafCount: before.leafCount)
        // Pages come in ascending order, so the new ones are at the end.
        var count = touched[tier - 1].count
        while count > 0, touched[tier - 1][count - 1].number >= entries { count -= 1 }
        nodes.append(count)
      }
    }
    writer.begin(
      JournalRecord.Shape(
        version: version, epoch: superblock.epoch, leafCountBefore: before.leafCount, updates: plan.updates.count,
        relinks: plan.relinks.count, inserts: plan.inserts.count, nodes: nodes))
    for update in plan.updates {
      writer.appendUpdate(update.index, old: try store.leaf(update.index).value, new: update.value)
    }
    for relink in plan.relinks { writer.appendRelink(relink.index, old: relink.old, new: relink.new) }
    for insert in plan.inserts { writer.appendInsert(insert.leaf) }
    for (below, count) in nodes.enumerated() {
      var parent = 0
      for position in 0..<count {
        let entry = touched[below][position].number
        let page = entry / SubtreePage.width
        while touched[below + 1][parent].number != page { parent += 1 }
        writer.appendNode(
          entry, old: Bytes32(loading: touched[below + 1][parent].bytes + entry % SubtreePage.width * 32))
      }
    }
    writer.finishBody()
  }

  /// Writes the new leaves into their pages.
  private func change(_ plan: BlockPlan) {
    var cursor = 0
    func slot(_ index: UInt64) -> UnsafeMutableRawPointer {
      let page = Int(index) / SubtreePage.width
      while touched[0][cursor].number != page { cursor += 1 }
      return touched[0][cursor].bytes + Int(index) % SubtreePage.width * SubtreePage.leafBytes
    }
    for update in plan.updates { update.value.store(to: slot(update.index) + 32) }
    cursor = 0
    for relink in plan.relinks {
      slot(relink.index).storeBytes(of: relink.new.littleEndian, toByteOffset: 64, as: UInt64.self)
    }
    for insert in plan.inserts {
      insert.leaf.key.store(to: slot(insert.index))
      insert.leaf.value.store(to: slot(insert.index) + 32)
      slot(insert.index).storeBytes(of: insert.leaf.next.littleEndian, toByteOffset: 64, as: UInt64.self)
    }
  }

  /// Hashes everything above the changed leaves.
  private func rehash(before: StateCommitment, leafCount: UInt64) -> StateCommitment {
    let top = SubtreeStore.topTier(leafCount: leafCount)
    let oldTop = SubtreeStore.topTier(leafCount: before.leafCount)
    guard !touched[0].isEmpty else { return before }
    // The tree so far becomes the first entry of the tier that begins to be used.
    if top > oldTop, let soFar = store.tiers[oldTop].resident(0) {
      SubtreePage.top(hashes: soFar + store.tiers[oldTop].hashesOffset).store(to: touched[oldTop + 1][0].bytes)
    }
    let root = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
    defer { root.deallocate() }
    for tier in 0...top {
      var items: [PageHasher.Item] = []
      items.reserveCapacity(touched[tier].count)
      var parent = 0
      for page in touched[tier] {
        store.tiers[tier].markDirty(page.number)
        var target = root
        if tier < top {
          while touched[tier + 1][parent].number != page.number / SubtreePage.width { parent += 1 }
          target = touched[tier + 1][parent].bytes + page.number % SubtreePage.width * 32
        }
        items.append(PageHasher.Item(page: page.bytes, top: target, dirty: page.dirty))
      }
      items.withUnsafeMutableBufferPointer { store.hasher.rehash($0, hasLeaves: tier == 0) }
    }
    let hash = TreeHashing.root(above: Bytes32(loading: root), level: 6 * top + 6)
    return StateCommitment(root: hash, leafCount: leafCount)
  }
}
