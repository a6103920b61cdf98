import Primitives

/// Paths of many leaves of one version.
///
/// The nearer to the root, the fewer ways there are: leaves that share a page share what is above it. So the paths are held
/// in pieces of six levels, each piece once, without the part above the occupied levels, which is the same for all.
public struct ProofBatch: Sendable {
  let pieces: PathPieces
  /// The leaves, in the order of request.
  public let leaves: [TreeLeaf]
  /// Six hashes a piece, the lowest level first.
  let siblings: [Bytes32]

  init(_ pieces: PathPieces, leaves: [TreeLeaf], siblings: [Bytes32]) {
    self.pieces = pieces
    self.leaves = leaves
    self.siblings = siblings
  }

  /// Positions of the leaves, in the order of request.
  public var indices: [UInt64] { pieces.indices }
  public var count: Int { leaves.count }

  /// The path at `position` in full: 64 siblings.
  public subscript(position: Int) -> LeafProof {
    var path: [Bytes32] = []
    path.reserveCapacity(TreeHashing.depth)
    for tier in 0..<pieces.tiers {
      let start = SubtreePage.levels * pieces.piece(of: position, tier: tier)
      path += siblings[start..<start + SubtreePage.levels]
    }
    path += TreeHashing.emptySubtrees[path.count..<TreeHashing.depth]
    return LeafProof(index: indices[position], leaf: leaves[position], siblings: path)
  }
}

/// Which pieces of paths a list of leaves needs, tier by tier from the leaves up, and which of them each leaf takes.
struct PathPieces: Sendable {
  let indices: [UInt64]
  let tiers: Int
  /// Places in `indices` by ascending position of the leaf. Piece `i` of tier 0 belongs to the leaf at place `order[i]`.
  let order: [Int]
  /// The entry of its tier below which each piece begins: ascending within a tier.
  private(set) var entries: [UInt64] = []
  /// Where the pieces of each tier begin, and where the last end.
  private(set) var starts: [Int] = [0]
  /// For each tier, the piece that each leaf takes.
  private var taken: [UInt32]

  init(_ indices: [UInt64], tiers: Int, sorter: inout RadixSort) {
    self.indices = indices
    self.tiers = tiers
    var sorted = indices.enumerated().map { RadixSort.Item(key: $0.element, payload: $0.offset) }
    sorter.sort(&sorted)
    order = sorted.map(\.payload)
    entries.reserveCapacity(2 * indices.count)
    taken = [UInt32](repeating: 0, count: tiers * indices.count)
    for tier in 0..<tiers {
      for item in sorted {
        let entry = item.key >> UInt64(6 * tier)
        // Two requests of one leaf get a piece each on tier 0, so that pieces and leaves correspond.
        if tier == 0 || entries.count == starts[tier] || entries[entries.count - 1] != entry { entries.append(entry) }
        taken[tier * indices.count + item.payload] = UInt32(entries.count - 1)
      }
      starts.append(entries.count)
    }
  }

  func pieces(ofTier tier: Int) -> Range<Int> { starts[tier]..<starts[tier + 1] }

  func piece(of position: Int, tier: Int) -> Int { Int(taken[tier * indices.count + position]) }
}
