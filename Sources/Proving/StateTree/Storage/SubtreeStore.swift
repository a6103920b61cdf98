import Primitives

/// The leaves and nodes of the newest version: all tiers together.
///
/// A page read from disk is believed only after its recomputed top equals the entry of its parent, and the topmost page
/// only if it leads to the root. So whatever happens to the files, a wrong root cannot come out.
final class SubtreeStore {
  private let fileSystem: any TreeFileSystem
  private let cacheBytes: Int
  private let leafTier: PageTier
  private(set) var tiers: [PageTier]
  var commitment = StateCommitment(root: .zero, leafCount: 0)
  var hasher = PageHasher()
  /// For the helper thread.
  var secondHasher = PageHasher()
  private let scratchTop = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)

  init(fileSystem: any TreeFileSystem, cacheBytes: Int) throws(StateTreeError) {
    self.fileSystem = fileSystem
    self.cacheBytes = cacheBytes
    leafTier = try Self.makeTier(0, fileSystem, cacheBytes)
    tiers = [leafTier]
  }

  deinit { scratchTop.deallocate() }

  private static func makeTier(_ number: Int, _ fileSystem: any TreeFileSystem, _ cacheBytes: Int)
    throws(StateTreeError) -> PageTier
  {
    let file = try fileSystem.open(number == 0 ? "leaves" : "nodes-\(6 * number)")
    // Each tier is a 64th of the one below, so an eighth of the memory is ample for the second and those above it.
    let share = number == 0 ? cacheBytes / 8 * 7 : cacheBytes / 8
    let bytes = number == 0 ? SubtreePage.leavesBytes + SubtreePage.hashesBytes : SubtreePage.hashesBytes
    return PageTier(number: number, file: file, budget: share / bytes)
  }

  /// Makes tiers `0...top` available.
  func reserveTiers(through top: Int) throws(StateTreeError) {
    while tiers.count <= top { tiers.append(try Self.makeTier(tiers.count, fileSystem, cacheBytes)) }
  }

  /// Entries of tier `tier` in a tree of `leafCount` leaves: leaves on tier 0, nodes of level 6·tier above.
  static func entryCount(tier: Int, leafCount: UInt64) -> Int {
    var count = Int(leafCount)
    for _ in 0..<tier { count = (count + SubtreePage.width - 1) / SubtreePage.width }
    return count
  }

  static func pageCount(tier: Int, leafCount: UInt64) -> Int { entryCount(tier: tier + 1, leafCount: leafCount) }

  /// The tier that a single page covers.
  static func topTier(leafCount: UInt64) -> Int {
    var tier = 0
    while pageCount(tier: tier, leafCount: leafCount) > 1 { tier += 1 }
    return tier
  }

  var topTier: Int { Self.topTier(leafCount: commitment.leafCount) }

  /// Compressions so far, by both hashers.
  var compressions: Int { hasher.compressions + secondHasher.compressions }

  func beginOperation() { for tier in tiers { tier.beginOperation() } }

  // MARK: Authenticated access

  /// The page, from memory or from disk; it stays in place until the operation ends.
  @inline(__always)
  func page(tier: Int, _ page: Int) throws(StateTreeError) -> UnsafeMutableRawPointer {
    if let bytes = tiers[tier].resident(page) { return bytes }
    return try load(tier: tier, page)
  }

  @inline(never)
  private func load(tier number: Int, _ page: Int) throws(StateTreeError) -> UnsafeMutableRawPointer {
    let tier = tiers[number]
    let bytes = try tier.read(page)
    do throws(StateTreeError) {
      let top = hashAll(bytes, tier: number, page: page, leafCount: commitment.leafCount)
      let isAuthentic: Bool
      if number == topTier {
        isAuthentic = TreeHashing.root(above: top, level: 6 * number + 6) == commitment.root
      } else {
        let parent = try self.page(tier: number + 1, page / SubtreePage.width)
        isAuthentic = Bytes32(loading: parent + page % SubtreePage.width * 32) == top
      }
      guard isAuthentic else {
        throw StateTreeError.corrupted(file: tier.file.name, detail: "page \(page) does not hash to its parent's entry")
      }
    } catch {
      tier.forget(page)
      throw error
    }
    return bytes
  }

  /// Clears the entries beyond the end of the tree and hashes a whole page.
  /// - Returns: the hash of the page's top.
  func hashAll(_ bytes: UnsafeMutableRawPointer, tier number: Int, page: Int, leafCount: UInt64) -> Bytes32 {
    let tier = tiers[number]
    let used = max(0, min(64, Self.entryCount(tier: number, leafCount: leafCount) - page * SubtreePage.width))
    let entryBytes = tier.storedBytes / SubtreePage.width
    (bytes + used * entryBytes).copyMemory(
      from: tier.template + used * entryBytes, byteCount: (SubtreePage.width - used) * entryBytes)
    var item = PageHasher.Item(page: bytes, top: scratchTop, dirty: .max)
    withUnsafeMutablePointer(to: &item) {
      hasher.rehash(UnsafeMutableBufferPointer(start: $0, count: 1), hasLeaves: tier.hasLeaves)
    }
    return Bytes32(loading: scratchTop)
  }

  /// Uses the reads of `warm`, which would otherwise be optimised away.
  private var warmth: UInt64 = 0

  func use(_ warmth: UInt64) { self.warmth &+= warmth }

  /// Reads a leaf that will soon be needed, if its page is in memory, without waiting for it.
  @inline(__always)
  func warm(_ index: UInt64) {
    guard let page = leafTier.resident(Int(truncatingIfNeeded: index) / SubtreePage.width) else { return }
    let leaf = page + Int(truncatingIfNeeded: index) % SubtreePage.width &* SubtreePage.leafBytes
    warmth &+= leaf.loadUnaligned(as: UInt64.self) &+ leaf.loadUnaligned(fromByteOffset: 64, as: UInt64.self)
  }

  @inline(__always)
  func leaf(_ index: UInt64) throws(StateTreeError) -> TreeLeaf {
    guard index < commitment.leafCount else {
      throw .corrupted(file: tiers[0].file.name, detail: "position \(index) is beyond the last leaf")
    }
    let number = Int(index) / SubtreePage.width
    let bytes = if let page = leafTier.resident(number) { page } else { try page(tier: 0, number) }
    return SubtreePage.leaf(bytes, Int(index) % SubtreePage.width)
  }

  // MARK: Writing

  /// Writes up to `limit` dirty pages of one tier, beginning at `position`.
  /// - Returns: where to go on; `nil` at the end of the tier.
  func flush(tier number: Int, from position: Int, limit: Int) throws(StateTreeError) -> Int? {
    let tier = tiers[number]
    let end = tier.tableEnd
    var position = position
    var written = 0
    while written < limit, position < end, tier.dirtyCount > 0 {
      let count = tier.dirtyRun(at: position, limit: min(64, limit - written))
      if count == 0 {
        position += 1
        continue
      }
      try tier.write(page: position, count: count)
      position += count
      written += count
    }
    return position < end && tier.dirtyCount > 0 ? position : nil
  }

  func synchronize() throws(StateTreeError) { for tier in tiers { try tier.file.synchronize() } }

  var dirtyPages: Int { tiers.reduce(0) { $0 + $1.dirtyCount } }
}
