import Primitives

extension StateTree {
  /// What a directory holds and how large it is.
  public struct Statistics: Sendable {
    public var newestVersion: UInt64
    public var oldestVersion: UInt64
    public var leafCount: UInt64
    public var root: Bytes32
    /// Version of the last checkpoint, and journal bytes that recovery would repeat.
    public var checkpointVersion: UInt64?
    public var uncheckpointedBytes: Int
    public var leafFileBytes: Int
    public var nodeFileBytes: Int
    public var journalBytes: Int
    public var indexFileBytes: Int
    public var versionFileBytes: Int
    /// Index runs and the keys in each, oldest first.
    public var indexRuns: [Int]
    /// Pages in memory, and how many of them the files do not have yet.
    public var residentPages: Int
    public var dirtyPages: Int

    public var totalFileBytes: Int {
      leafFileBytes + nodeFileBytes + journalBytes + indexFileBytes + versionFileBytes
    }
  }

  /// Where the tree's memory goes, in bytes.
  public struct MemoryUsage: Sendable {
    /// Pages of leaves and nodes; bounded by `Options.cacheBytes` and what one block touches.
    public var pages: Int
    /// The parts of the index that are not in files, and the directories of all parts.
    public var index: Int
    /// Files of the index, mapped for reading: the system can take this memory back at any time.
    public var mappedIndex: Int
  }

  public var memoryUsage: MemoryUsage {
    inspecting {
      var usage = MemoryUsage(pages: store.tiers.reduce(0) { $0 + $1.memoryBytes }, index: 0, mappedIndex: 0)
      for run in index.runs {
        usage.index += run.directoryBytes + (run.fileName == nil ? run.count * 16 : 0)
        usage.mappedIndex += run.fileName == nil ? 0 : run.count * 16
      }
      return usage
    }
  }

  public func stats() throws(StateTreeError) -> Statistics {
    try exclusively { () throws(StateTreeError) in
      var nodeBytes = 0
      for tier in store.tiers.dropFirst() { nodeBytes += try tier.file.size() }
      var indexBytes = 0
      for run in index.runs where run.fileName != nil { indexBytes += run.count * 16 }
      return Statistics(
        newestVersion: versionCount - 1, oldestVersion: oldestVersionUnlocked, leafCount: store.commitment.leafCount,
        root: store.commitment.root,
        checkpointVersion: superblock.versionCount > 0 ? superblock.versionCount - 1 : nil,
        uncheckpointedBytes: uncheckpointedBytes, leafFileBytes: try store.tiers[0].file.size(),
        nodeFileBytes: nodeBytes, journalBytes: try journal.totalBytes(), indexFileBytes: indexBytes,
        versionFileBytes: try versions.file.size(), indexRuns: index.runs.map(\.count),
        residentPages: store.tiers.reduce(0) { $0 + $1.residentPages }, dirtyPages: store.dirtyPages)
    }
  }

  /// Checks the whole directory against its leaves: every hash, the order and linkage of all leaves, that the index finds
  /// each key, and that each retained record is sound.
  public func verify() throws(StateTreeError) {
    try exclusively { () throws(StateTreeError) in
      try verifyHashes()
      try verifyOrder()
      try verifyJournal()
    }
  }

  private func verifyHashes() throws(StateTreeError) {
    let leafCount = store.commitment.leafCount
    let top = store.topTier
    for tier in 0...top {
      let size = store.tiers[tier].frameBytes
      let copy = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
      defer { copy.deallocate() }
      for page in 0..<SubtreeStore.pageCount(tier: tier, leafCount: leafCount) {
        store.beginOperation()
        let bytes = try store.page(tier: tier, page)
        copy.copyMemory(from: bytes, byteCount: size)
        // A clean page must be on disk as it is in memory.
        if !store.tiers[tier].isDirty(page) { try store.tiers[tier].readEntries(of: page, into: copy) }
        let hash = store.hashAll(copy, tier: tier, page: page, leafCount: leafCount)
        let isSound: Bool
        if tier == top {
          isSound = TreeHashing.root(above: hash, level: 6 * top + 6) == store.commitment.root
        } else {
          let parent = try store.page(tier: tier + 1, page / SubtreePage.width)
          isSound = Bytes32(loading: parent + page % SubtreePage.width * 32) == hash
        }
        guard isSound else { throw .corrupted(file: store.tiers[tier].file.name, detail: "page \(page)") }
      }
    }
  }

  private func verifyOrder() throws(StateTreeError) {
    let leafCount = store.commitment.leafCount
    var position: UInt64 = 0
    var leaf = try store.leaf(0)
    var seen: UInt64 = 1
    while position != 1 {
      if seen % 4096 == 0 { store.beginOperation() }
      let found = try index.find(leaf.key, leafCount: leafCount, in: store)
      guard found.index == position, found.leaf.key == leaf.key else {
        throw .corrupted(file: "index", detail: "does not find \(leaf.key)")
      }
      let next = try store.leaf(leaf.next)
      guard leaf.key < next.key, seen < leafCount else {
        throw .corrupted(file: store.tiers[0].file.name, detail: "leaf \(position) is not followed by a larger key")
      }
      position = leaf.next
      leaf = next
      seen += 1
    }
    guard seen == leafCount, leaf.next == 1 else {
      throw .corrupted(file: store.tiers[0].file.name, detail: "\(leafCount - seen) leaves are not linked")
    }
  }

  private func verifyJournal() throws(StateTreeError) {
    for version in oldestVersionUnlocked..<versionCount {
      let row = try row(version)
      if version == oldestVersionUnlocked, version > 0 { continue }
      guard let stored = try journal.read(at: row.location), stored.record.shape.version == version,
        stored.record.commitment == row.commitment
      else { throw .corrupted(file: "journal", detail: "the record of version \(version)") }
    }
  }
}
