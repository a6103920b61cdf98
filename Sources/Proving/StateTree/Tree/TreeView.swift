import Primitives

/// The tree as it was after one block.
///
/// A view of the newest version reads the pages directly. When newer blocks come, it takes their changes back from the
/// journal, page by page, and believes a page only when it hashes to the root of its version.
public final class TreeView: @unchecked Sendable {
  public let version: UInt64
  /// Root and leaf count.
  public let commitment: StateCommitment
  private let tree: StateTree
  /// The tree's count of truncations when the view was made.
  private let epoch: UInt64
  private let top: Int
  /// One call at a time.
  private let lock = Lock()
  /// Pages of this version, reconstructed.
  private var pages: [PageName: UnsafeMutableRawPointer] = [:]

  private struct PageName: Hashable {
    var tier: Int
    var number: Int
  }

  /// Reconstructed pages that are kept for later calls.
  private static let keptPages = 2048

  init(tree: StateTree, version: UInt64, commitment: StateCommitment, epoch: UInt64) {
    self.tree = tree
    self.version = version
    self.commitment = commitment
    self.epoch = epoch
    top = SubtreeStore.topTier(leafCount: commitment.leafCount)
  }

  deinit { dropPages() }

  private func dropPages() {
    for page in pages.values { page.deallocate() }
    pages.removeAll()
  }

  private func exclusively<R>(_ body: () throws(StateTreeError) -> R) throws(StateTreeError) -> R {
    lock.acquire()
    defer { lock.release() }
    return try tree.exclusively { () throws(StateTreeError) in
      try requireRetained()
      tree.store.beginOperation()
      if pages.count > Self.keptPages { dropPages() }
      return try body()
    }
  }

  private func requireRetained() throws(StateTreeError) {
    guard epoch == tree.superblock.epoch else {
      throw .versionNotRetained(version, oldest: tree.oldestVersionUnlocked, newest: tree.versionCount - 1)
    }
    try tree.requireRetained(version)
  }

  // MARK: Queries

  /// Where a key stands.
  public func position(of key: Bytes32) throws(StateTreeError) -> KeyPosition {
    try exclusively { () throws(StateTreeError) in try positions(of: [key])[0] }
  }

  /// The value of a key; `nil` if the tree lacks it.
  public func value(of key: Bytes32) throws(StateTreeError) -> Bytes32? {
    try exclusively { () throws(StateTreeError) in
      guard case .existing(let index) = try positions(of: [key])[0] else { return nil }
      return try leaf(index).value
    }
  }

  /// The leaf at a position with its path.
  public func proof(at index: UInt64) throws(StateTreeError) -> LeafProof { try proofs(at: [index])[0] }

  /// What the tree holds under a key, proven.
  public func proof(for key: Bytes32) throws(StateTreeError) -> KeyProof { try proofs(for: [key])[0] }

  /// Proofs for several keys, in their order.
  public func proofs(for keys: [Bytes32]) throws(StateTreeError) -> [KeyProof] {
    try exclusively { () throws(StateTreeError) in
      let positions = try positions(of: keys)
      var indices: [UInt64] = []
      for position in positions {
        switch position {
        case .existing(let index): indices.append(index)
        case .absent(let previous, let next): indices += [previous, next]
        }
      }
      let batch = try collect(indices)
      var cursor = 0
      return positions.map { position in
        switch position {
        case .existing:
          cursor += 1
          return .existing(batch[cursor - 1])
        case .absent:
          cursor += 2
          return .absent(left: batch[cursor - 2], right: batch[cursor - 1])
        }
      }
    }
  }

  /// The leaves at several positions with their paths.
  public func proofs(at indices: [UInt64]) throws(StateTreeError) -> ProofBatch {
    try exclusively { () throws(StateTreeError) in
      for index in indices where index >= commitment.leafCount {
        throw .indexBeyondTree(index, leafCount: commitment.leafCount)
      }
      return try collect(indices)
    }
  }

  /// What the proving run of the *next* block asks, in order, if that block makes these accesses.
  ///
  /// - Parameters:
  ///   - reads: keys of accessed cells that the block leaves as they were, in cell order.
  ///   - writes: keys of cells that the block changes, in cell order.
  public func witness(reads: [Bytes32], writes: [Bytes32]) throws(StateTreeError) -> BlockWitness {
    try exclusively { () throws(StateTreeError) in
      let positions = try positions(of: reads + writes)
      let plan = WitnessPlan(
        reads: zip(reads, positions).map { ($0, $1) },
        writes: zip(writes, positions[reads.count...]).map { ($0, $1) }, leafCount: commitment.leafCount)
      return BlockWitness(queries: plan.queries, proofs: try collect(plan.leaves))
    }
  }

  // MARK: Pages of this version

  private var isNewest: Bool { version + 1 == tree.versionCount }

  private func positions(of keys: [Bytes32]) throws(StateTreeError) -> [KeyPosition] {
    // A leaf keeps its key for ever, so the newest leaves tell the position; only `next` depends on the version.
    var found: [(index: UInt64, isKey: Bool)] = []
    for key in keys {
      let (index, leaf) = try tree.index.find(key, leafCount: commitment.leafCount, in: tree.store)
      found.append((index, leaf.key == key))
    }
    try require(found.filter { !$0.isKey }.map { Int($0.index) / SubtreePage.width })
    var positions: [KeyPosition] = []
    for (key, (index, isKey)) in zip(keys, found) {
      if isKey {
        positions.append(.existing(index))
        continue
      }
      let leaf = try leaf(index)
      let next = try tree.store.leaf(leaf.next).key
      guard leaf.key < key, key < next else {
        throw .corrupted(file: "index", detail: "the neighbours of \(key) do not enclose it")
      }
      positions.append(.absent(previous: index, next: leaf.next))
    }
    return positions
  }

  private func leaf(_ index: UInt64) throws(StateTreeError) -> TreeLeaf {
    SubtreePage.leaf(try page(tier: 0, Int(index) / SubtreePage.width), Int(index) % SubtreePage.width)
  }

  private func page(tier: Int, _ number: Int) throws(StateTreeError) -> UnsafeMutableRawPointer {
    if isNewest { return try tree.store.page(tier: tier, number) }
    if let page = pages[PageName(tier: tier, number: number)] { return page }
    try require([number << (6 * tier)])
    guard let page = pages[PageName(tier: tier, number: number)] else {
      throw .corrupted(file: tree.store.tiers[tier].file.name, detail: "page \(number) is missing")
    }
    return page
  }

  /// Leaves and paths.
  private func collect(_ indices: [UInt64]) throws(StateTreeError) -> ProofBatch {
    let pieces = PathPieces(indices, tiers: top + 1, sorter: &tree.sorter)
    var leaves = [TreeLeaf](repeating: .empty, count: indices.count)
    var siblings = [Bytes32](repeating: .zero, count: SubtreePage.levels * pieces.entries.count)
    // In portions, so that a long list does not hold all its pages in memory.
    for start in stride(from: 0, to: indices.count, by: Self.keptPages) {
      let portion = pieces.order[start..<min(start + Self.keptPages, indices.count)]
      if start > 0 {
        tree.store.beginOperation()
        dropPages()
      }
      try require(portion.map { Int(indices[$0]) / SubtreePage.width })
      for position in portion {
        let index = Int(indices[position])
        for tier in 0...top {
          let slot = index >> (6 * tier) % SubtreePage.width
          let bytes = try page(tier: tier, index >> (6 * tier + 6))
          if tier == 0 { leaves[position] = SubtreePage.leaf(bytes, slot) }
          let hashes = bytes + tree.store.tiers[tier].hashesOffset
          let target = SubtreePage.levels * pieces.piece(of: position, tier: tier)
          for level in 0..<SubtreePage.levels {
            siblings[target + level] = Bytes32(
              loading: hashes + SubtreePage.offset(level: level) + (slot >> level ^ 1) * 32)
          }
        }
      }
    }
    return ProofBatch(pieces, leaves: leaves, siblings: siblings)
  }

  /// Reconstructs pages of tier 0 and all pages above them, unless they are there.
  private func require(_ leafPages: [Int]) throws(StateTreeError) {
    if isNewest { return }
    let store = tree.store
    var missing: [[Int]] = []
    var numbers = Set(leafPages)
    for tier in 0...top {
      missing.append(numbers.filter { pages[PageName(tier: tier, number: $0)] == nil }.sorted())
      numbers = Set(numbers.map { $0 / SubtreePage.width })
    }
    if missing.allSatisfy(\.isEmpty) { return }
    var buffers: [[UnsafeMutableRawPointer]] = []
    do throws(StateTreeError) {
      for tier in 0...top {
        buffers.append([])
        for number in missing[tier] {
          let size = store.tiers[tier].frameBytes
          let current = try store.page(tier: tier, number)
          let copy = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
          copy.copyMemory(from: current, byteCount: size)
          buffers[tier].append(copy)
        }
      }
      for undone in (version + 1..<tree.versionCount).reversed() {
        if undone % 16 == 0 {
          // The copies are ours and the records do not change; blocks need not wait until all are read.
          try tree.pause()
          try requireRetained()
        }
        guard let stored = try tree.journal.read(at: try tree.row(undone).location) else {
          throw StateTreeError.corrupted(file: "journal", detail: "the record of version \(undone) is damaged")
        }
        takeBack(stored.record, missing, buffers)
      }
      // From the top down, so that each page finds its parent believed.
      for tier in (0...top).reversed() {
        for (number, bytes) in zip(missing[tier], buffers[tier]) {
          let hash = store.hashAll(bytes, tier: tier, page: number, leafCount: commitment.leafCount)
          let isAuthentic: Bool
          if tier == top {
            isAuthentic = TreeHashing.root(above: hash, level: 6 * top + 6) == commitment.root
          } else {
            let parent = PageName(tier: tier + 1, number: number / SubtreePage.width)
            isAuthentic = pages[parent].map { Bytes32(loading: $0 + number % SubtreePage.width * 32) == hash } ?? false
          }
          guard isAuthentic else {
            throw StateTreeError.corrupted(
              file: "journal", detail: "page \(number) of tier \(tier) does not belong to version \(version)")
          }
          pages[PageName(tier: tier, number: number)] = bytes
        }
        buffers[tier] = []
      }
    } catch {
      // What was not believed is dropped with what was.
      for list in buffers { for buffer in list where !pages.values.contains(buffer) { buffer.deallocate() } }
      throw error
    }
  }

  /// Puts the values before a block back into copies of pages.
  private func takeBack(_ record: JournalRecord, _ numbers: [[Int]], _ buffers: [[UnsafeMutableRawPointer]]) {
    let width = SubtreePage.width
    for (number, bytes) in zip(numbers[0], buffers[0]) {
      let range = number * width..<(number + 1) * width
      for position in record.updates(in: range) {
        let update = record.update(position)
        update.old.store(to: bytes + Int(update.index) % width * SubtreePage.leafBytes + 32)
      }
      for position in record.relinks(in: range) {
        let relink = record.relink(position)
        (bytes + Int(relink.index) % width * SubtreePage.leafBytes).storeBytes(
          of: relink.old.littleEndian, toByteOffset: 64, as: UInt64.self)
      }
    }
    for tier in numbers.indices.dropFirst() {
      for (number, bytes) in zip(numbers[tier], buffers[tier]) {
        for position in record.nodes(tier: tier, in: number * width..<(number + 1) * width) {
          let node = record.node(tier: tier, position)
          node.old.store(to: bytes + node.index % width * 32)
        }
      }
    }
  }
}
