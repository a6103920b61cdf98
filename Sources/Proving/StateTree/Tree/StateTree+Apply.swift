import Concurrency
import Primitives
import Synchronization

/// A page that a block changes.
struct TouchedPage {
  var number: Int
  var bytes: UnsafeMutableRawPointer
  /// Bit `s` is set if entry `s` changes.
  var dirty: UInt64
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
      guard let witness else { throw .unusable(reason: "version \(version) has no witness") }
      return (commitment, witness)
    }
  }

  private func applyUnlocked(
    version: UInt64, writes: [(key: Bytes32, value: Bytes32)], reads: [Bytes32]?
  ) throws(StateTreeError) -> (commitment: StateCommitment, witness: BlockWitness?) {
    guard version == versionCount else { throw .versionOutOfOrder(expected: versionCount, found: version) }
    store.beginOperation()
    var watch = Stopwatch()
    timings = ApplyTimings()
    for (key, _) in writes where key == TreeLeaf.smallestKey || key == TreeLeaf.largestKey { throw .reservedKey(key) }
    let positions = try currentPositions(count: writes.count) { writes[$0].key }
    let plan = try self.plan(writes, positions: positions)
    timings.lookup = watch.lap()
    var witness: BlockWitness?
    if let reads {
      let readPositions = try currentPositions(count: reads.count) { reads[$0] }
      let witnessPlan = WitnessPlan(
        reads: zip(reads, readPositions).map { ($0, $1) }, writes: zip(writes, positions).map { ($0.key, $1) },
        leafCount: store.commitment.leafCount)
      witness = BlockWitness(queries: witnessPlan.queries, proofs: try currentProofs(witnessPlan.leaves))
      timings.witness = watch.lap()
    }
    return (try commit(plan, writes: writes, version: version), witness)
  }

  /// Makes a planned block the newest version.
  func commit(_ plan: BlockPlan, writes: [(key: Bytes32, value: Bytes32)], version: UInt64) throws(StateTreeError)
    -> StateCommitment
  {
    var watch = Stopwatch()
    let before = store.commitment
    try touchPages(of: plan, leafCountBefore: before.leafCount)
    try versions.reserve(version: version)
    change(plan, writes: writes, version: version, before: before)
    timings.lookup += watch.lap()
    let compressionsBefore = store.compressions
    let leafCount = before.leafCount + UInt64(plan.inserts.count)
    let (after, refusal) = rehash(before: before, leafCount: leafCount) { [self] () throws(StateTreeError) in
      writer.finishBody()
      try journal.write(writer.bytes, version: version)
    }
    if let refusal {
      // The old leaves lead back to the old nodes.
      revert(writer.record)
      _ = rehash(before: before, leafCount: leafCount) {}
      throw refusal
    }
    timings.compressions = store.compressions - compressionsBefore
    timings.hashing = watch.lap()
    try critically { () throws(StateTreeError) in
      let location = try journal.commit(
        trailer: writer.finishTrailer(after), recordBytes: writer.shape.totalBytes)
      try versions.write(
        VersionTable.Row(commitment: after, location: location, epoch: superblock.epoch), version: version)
    }
    timings.synchronize = watch.lap()
    store.commitment = after
    versionCount += 1
    uncheckpointedBytes += writer.shape.totalBytes
    index.append(
      plan.insertsByKey.map { SortedRun.Entry(prefix: $0.key, index: before.leafCount + UInt64($0.payload)) })
    timings.index = watch.lap()
    // The block is durable already. If the disk is full, the pages wait in memory for the next attempt.
    store.beginOperation()
    do {
      timings.pageBytes = try advanceCheckpoint(after: writer.shape.totalBytes)
    } catch .diskFull {
      sweep = nil
      uncheckpointedBytes += options.checkpointBytes
    } catch {
      failure = "\(error)"
      throw error
    }
    timings.checkpoint = watch.lap()
    timings.recordBytes = writer.shape.totalBytes
    return after
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
      if r == plan.relinks.count || u < plan.updates.count && plan.updates[u].key <= plan.relinks[r].index {
        try touch(tier: 0, entry: Int(plan.updates[u].key))
        u += 1
      } else {
        try touch(tier: 0, entry: Int(plan.relinks[r].index))
        r += 1
      }
    }
    for position in plan.inserts.indices { try touch(tier: 0, entry: Int(leafCountBefore) + position) }
    // `rehash` needs the top of the tree so far when a further tier begins to be used.
    if newTop > oldTop, leafCountBefore > 0 { _ = try store.page(tier: oldTop, 0) }
    for tier in 0..<newTop {
      // A tier that begins to be used has, to its left, the tree so far.
      if tier >= oldTop { try touch(tier: tier + 1, entry: 0) }
      for position in touched[tier].indices { try touch(tier: tier + 1, entry: touched[tier][position].number) }
    }
  }

  /// Composes the journal record while it changes the leaves in their pages.
  private func change(
    _ plan: BlockPlan, writes: [(key: Bytes32, value: Bytes32)], version: UInt64, before: StateCommitment
  ) {
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
    touched[0].withUnsafeBufferPointer { pages in
      var cursor = 0
      /// The place of a leaf; called with ascending positions.
      func leaf(_ index: UInt64) -> UnsafeMutableRawPointer {
        let page = Int(index) / SubtreePage.width
        while pages[cursor].number != page { cursor &+= 1 }
        return pages[cursor].bytes + Int(index) % SubtreePage.width &* SubtreePage.leafBytes
      }
      for update in plan.updates {
        let bytes = leaf(update.key)
        let value = writes[update.payload].value
        writer.appendUpdate(update.key, old: Bytes32(loading: bytes + 32), new: value)
        value.store(to: bytes + 32)
      }
      cursor = 0
      for relink in plan.relinks {
        writer.appendRelink(relink.index, old: relink.old, new: relink.new)
        leaf(relink.index).storeBytes(of: relink.new.littleEndian, toByteOffset: 64, as: UInt64.self)
      }
      for (position, insert) in plan.inserts.enumerated() {
        writer.appendInsert(insert.leaf)
        SubtreePage.store(insert.leaf, leaf(before.leafCount + UInt64(position)), 0)
      }
    }
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
  }

  /// Puts the leaves back that `change` changed.
  private func revert(_ record: JournalRecord) {
    func leaf(_ index: UInt64) -> UnsafeMutableRawPointer? {
      store.tiers[0].resident(Int(index) / SubtreePage.width).map {
        $0 + Int(index) % SubtreePage.width * SubtreePage.leafBytes
      }
    }
    for position in 0..<record.shape.updates {
      let update = record.update(position)
      if let bytes = leaf(update.index) { update.old.store(to: bytes + 32) }
    }
    for position in 0..<record.shape.relinks {
      let relink = record.relink(position)
      leaf(relink.index)?.storeBytes(of: relink.old.littleEndian, toByteOffset: 64, as: UInt64.self)
    }
    for position in 0..<record.shape.inserts {
      if let bytes = leaf(record.shape.leafCountBefore + UInt64(position)) { SubtreePage.store(.empty, bytes, 0) }
    }
  }

  /// Hashes everything above the changed leaves, while the helper first writes the journal and then takes its share.
  ///
  /// - Returns: the new commitment, and why the journal could not be written.
  private func rehash(
    before: StateCommitment, leafCount: UInt64, writingJournal: () throws(StateTreeError) -> Void
  ) -> (StateCommitment, refusal: StateTreeError?) {
    let top = SubtreeStore.topTier(leafCount: leafCount)
    let oldTop = SubtreeStore.topTier(leafCount: before.leafCount)
    var refusal: StateTreeError?
    func write() {
      do throws(StateTreeError) { try writingJournal() } catch { refusal = error }
    }
    guard !touched[0].isEmpty else {
      write()
      return (before, refusal)
    }
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
      let isShared = items.count >= Self.worthSharing
      if tier == 0, !isShared { write() }
      items.withUnsafeMutableBufferPointer { items in
        guard isShared else { return store.hasher.rehash(items, hasLeaves: tier == 0) }
        let next = Atomic(0)
        helper.run(
          {
            if tier == 0 { write() }
            store.secondHasher.rehash(items, hasLeaves: tier == 0, next: next)
          }, alongside: { store.hasher.rehash(items, hasLeaves: tier == 0, next: next) })
      }
    }
    let hash = TreeHashing.root(above: Bytes32(loading: root), level: 6 * top + 6)
    return (StateCommitment(root: hash, leafCount: leafCount), refusal)
  }
}
