import Primitives

// Opening after any kind of end, and going back to an earlier version: both set leaves from the journal, whatever the
// pages hold, then hash every page that the journal mentions and compare the root.

/// Pages whose leaves were set without being hashed yet: one bit each.
private struct PageSet {
  private var words: [UInt64] = []

  mutating func insert(_ page: Int) {
    if page / 64 >= words.count { words += [UInt64](repeating: 0, count: page / 64 + 1 - words.count) }
    words[page / 64] |= 1 << UInt64(page % 64)
  }

  var members: [Int] {
    var result: [Int] = []
    for (index, word) in words.enumerated() where word != 0 {
      var bits = word
      while bits != 0 {
        result.append(index * 64 + bits.trailingZeroBitCount)
        bits &= bits - 1
      }
    }
    return result
  }
}

extension StateTree {
  /// Version 0: the guards and the given leaves.
  func createFirstVersion(_ genesis: [(key: Bytes32, value: Bytes32)]) throws(StateTreeError) {
    var plan = BlockPlan()
    var entries: [(key: Bytes32, value: Bytes32)] = TreeLeaf.guards.map { ($0.key, $0.value) }
    for entry in genesis {
      guard entry.key != TreeLeaf.smallestKey, entry.key != TreeLeaf.largestKey else { throw .reservedKey(entry.key) }
      entries.append(entry)
    }
    for (position, entry) in entries.enumerated() {
      plan.inserts.append(
        BlockPlan.Insert(leaf: TreeLeaf(key: entry.key, value: entry.value, next: 1), previous: 0, following: 1))
      plan.insertsByKey.append(RadixSort.Item(key: KeyIndex.prefix(entry.key), payload: position))
    }
    try link(&plan, leafCount: 0)
    plan.relinks = []
    _ = try commit(plan, writes: [], version: 0)
  }

  /// Brings memory to the newest durable version.
  func recover() throws(StateTreeError) {
    versionCount = superblock.versionCount
    store.commitment = superblock.commitment
    var pages = PageSet()
    if superblock.versionCount > 0 {
      try store.reserveTiers(through: SubtreeStore.topTier(leafCount: superblock.commitment.leafCount))
    }
    try journal.replay(from: superblock.journal, version: superblock.versionCount, epoch: superblock.epoch) {
      (record, location) throws(StateTreeError) in
      store.beginOperation()
      guard record.shape.leafCountBefore == store.commitment.leafCount else {
        throw .corrupted(file: "journal", detail: "the record of version \(versionCount) is of another tree")
      }
      try `repeat`(record, pages: &pages)
      store.commitment = record.commitment
      versionCount += 1
      uncheckpointedBytes += record.bytes.count
      try versions.write(
        VersionTable.Row(commitment: record.commitment, location: location, epoch: superblock.epoch),
        version: record.shape.version)
    }
    // A row is written after its record is durable; a row without record means that a record was damaged later. Rows of an
    // earlier epoch are what a truncation left.
    if let row = try versions.read(version: versionCount), row.epoch == superblock.epoch {
      throw .corrupted(file: "journal", detail: "the record of version \(versionCount) is damaged")
    }
    try versions.truncate(toCount: versionCount)
    guard versionCount > 0 else { return }
    if let target = superblock.truncatingTo {
      try takeBack(to: target, pages: pages)
      return
    }
    try finishSetting(pages, checkpointLeafCount: superblock.commitment.leafCount)
    // Reading the topmost page compares it with the root.
    _ = try store.page(tier: store.topTier, 0)
    try index.openFiles(leafCount: store.commitment.leafCount)
    try completeIndex()
  }

  private func `repeat`(_ record: JournalRecord, pages: inout PageSet) throws(StateTreeError) {
    for position in 0..<record.shape.updates {
      let update = record.update(position)
      update.new.store(to: try rawLeaf(update.index, &pages) + 32)
    }
    for position in 0..<record.shape.relinks {
      let relink = record.relink(position)
      try rawLeaf(relink.index, &pages).storeBytes(of: relink.new.littleEndian, toByteOffset: 64, as: UInt64.self)
    }
    for position in 0..<record.shape.inserts {
      let leaf = record.insert(position)
      let bytes = try rawLeaf(record.shape.leafCountBefore + UInt64(position), &pages)
      leaf.key.store(to: bytes)
      leaf.value.store(to: bytes + 32)
      bytes.storeBytes(of: leaf.next.littleEndian, toByteOffset: 64, as: UInt64.self)
    }
  }

  /// The place of a leaf in a page that is not authenticated.
  private func rawLeaf(_ index: UInt64, _ pages: inout PageSet) throws(StateTreeError) -> UnsafeMutableRawPointer {
    let page = Int(index) / SubtreePage.width
    let bytes = try rawPage(tier: 0, page)
    pages.insert(page)
    store.tiers[0].markDirty(page)
    return bytes + Int(index) % SubtreePage.width * SubtreePage.leafBytes
  }

  private func rawPage(tier: Int, _ page: Int) throws(StateTreeError) -> UnsafeMutableRawPointer {
    if let bytes = store.tiers[tier].resident(page) { return bytes }
    return try store.tiers[tier].read(page)
  }

  /// Hashes the pages whose leaves were set, and all that depends on them, and compares the root.
  private func finishSetting(_ leafPages: PageSet, checkpointLeafCount: UInt64) throws(StateTreeError) {
    let leafCount = store.commitment.leafCount
    let top = SubtreeStore.topTier(leafCount: leafCount)
    try store.reserveTiers(through: top)
    let checkpointTop = SubtreeStore.topTier(leafCount: checkpointLeafCount)
    var pages = leafPages
    var root: Bytes32?
    for tier in 0...top {
      // Where the tree has grown past a tier, the file above may lack the first entry.
      if tier >= checkpointTop, tier < top { pages.insert(0) }
      var parents = PageSet()
      let count = SubtreeStore.pageCount(tier: tier, leafCount: leafCount)
      for page in pages.members where page < count {
        store.beginOperation()
        let bytes = try rawPage(tier: tier, page)
        let hash = store.hashAll(bytes, tier: tier, page: page, leafCount: leafCount)
        store.tiers[tier].markDirty(page)
        if tier == top {
          root = TreeHashing.root(above: hash, level: 6 * top + 6)
        } else {
          hash.store(to: try rawPage(tier: tier + 1, page / SubtreePage.width) + page % SubtreePage.width * 32)
          store.tiers[tier + 1].markDirty(page / SubtreePage.width)
          parents.insert(page / SubtreePage.width)
        }
      }
      pages = parents
    }
    if let root, root != store.commitment.root {
      throw .corrupted(file: store.tiers[0].file.name, detail: "pages and journal do not lead to the recorded root")
    }
  }

  /// Adds to the index the leaves that its files lack.
  private func completeIndex() throws(StateTreeError) {
    while index.count < store.commitment.leafCount {
      let end = min(store.commitment.leafCount, index.count + 1 << 20)
      var entries: [SortedRun.Entry] = []
      entries.reserveCapacity(Int(end - index.count))
      for position in index.count..<end {
        if position % 4096 == 0 { store.beginOperation() }
        entries.append(SortedRun.Entry(prefix: KeyIndex.prefix(try store.leaf(position).key), index: position))
      }
      index.append(entries.sorted { $0.prefix < $1.prefix })
    }
  }

  // MARK: Truncation

  /// Makes `version` the newest: takes back the blocks above it, which can then be applied anew.
  ///
  /// A crash on the way is harmless: the next `open` completes what was begun.
  public func truncate(to version: UInt64) throws(StateTreeError) {
    try exclusively { () throws(StateTreeError) in
      try requireRetained(version)
      guard version + 1 < versionCount else { return }
      try critically { () throws(StateTreeError) in
        sweep = nil
        var intent = superblock
        intent.truncatingTo = version
        try intent.write(to: superblockFile)
        superblock = intent
        try takeBack(to: version, pages: PageSet())
      }
    }
  }

  /// - Parameter pages: pages whose leaves were set already and not hashed.
  private func takeBack(to version: UInt64, pages: PageSet) throws(StateTreeError) {
    let target = try row(version)
    var end = journal.end
    var pages = pages
    if version + 1 < versionCount {
      for undone in (version + 1..<versionCount).reversed() {
        store.beginOperation()
        end = try row(undone).location
        guard let stored = try journal.read(at: end) else {
          throw .corrupted(file: "journal", detail: "the record of version \(undone) is damaged")
        }
        let record = stored.record
        for position in 0..<record.shape.updates {
          let update = record.update(position)
          update.old.store(to: try rawLeaf(update.index, &pages) + 32)
        }
        for position in 0..<record.shape.relinks {
          let relink = record.relink(position)
          try rawLeaf(relink.index, &pages).storeBytes(of: relink.old.littleEndian, toByteOffset: 64, as: UInt64.self)
        }
        // The page that holds the last leaves has to be cleared beyond them; so have those above it.
        if record.shape.leafCountBefore > 0 { pages.insert(Int(record.shape.leafCountBefore - 1) / SubtreePage.width) }
      }
    }
    store.commitment = target.commitment
    versionCount = version + 1
    try finishSetting(pages, checkpointLeafCount: min(superblock.commitment.leafCount, target.commitment.leafCount))
    let top = store.topTier
    for tier in store.tiers.indices {
      let count = tier > top ? 0 : SubtreeStore.pageCount(tier: tier, leafCount: target.commitment.leafCount)
      store.tiers[tier].forget(from: count)
    }
    try index.truncate(to: target.commitment.leafCount)
    if index.runs.isEmpty { try index.openFiles(leafCount: target.commitment.leafCount) }
    try completeIndex()
    try fileSystem.synchronizeDirectory()
    // All pages first, then the superblock, in both copies so that the intent is forgotten; the journal last, since its
    // leftover records are recognised by their epoch.
    for tier in store.tiers.indices {
      var position = 0
      while let next = try store.flush(tier: tier, from: position, limit: 4096) { position = next }
    }
    try store.synchronize()
    try versions.file.synchronize()
    superblock.versionCount = versionCount
    superblock.commitment = target.commitment
    superblock.journal = end
    superblock.epoch += 1
    superblock.truncatingTo = nil
    try superblock.write(to: superblockFile)
    try superblock.write(to: superblockFile)
    try versions.truncate(toCount: versionCount)
    try journal.cut(at: end)
    uncheckpointedBytes = 0
  }
}
