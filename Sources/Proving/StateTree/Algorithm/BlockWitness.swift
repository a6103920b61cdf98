import Primitives

/// What the proving run asks the tree about one block, in the order in which it asks.
///
/// All answers describe the state *before* the block. Source: zksync-os `flat_storage_model/simple_growable_storage.rs`.
public struct BlockWitness: Sendable {
  /// One question with its answer.
  public enum Query: Hashable, Sendable {
    /// Position of the largest key below one that the tree lacks (query 8).
    case previousIndex(key: Bytes32, index: UInt64)
    /// Position of a key that the tree has (query 9).
    case exactIndex(key: Bytes32, index: UInt64)
    /// The path of a leaf (query 7); `position` counts in `proofs`.
    case proof(position: Int)
  }

  public internal(set) var queries: [Query] = []
  public internal(set) var proofs: ProofBatch
}

/// Where a key stands in one version of the tree.
@frozen
public enum KeyPosition: Hashable, Sendable {
  case existing(UInt64)
  /// The leaf with the largest key below, and its successor.
  case absent(previous: UInt64, next: UInt64)
}

/// Turns the accesses of a block into the ordered list of queries, loading each leaf at most once.
struct WitnessPlan {
  private(set) var queries: [BlockWitness.Query] = []
  /// Leaves whose paths are needed, in order of first use.
  private(set) var leaves: [UInt64] = []
  private var loaded: PositionSet

  /// - Parameters:
  ///   - reads: accessed cells whose value the block leaves as it was, in cell order, with their positions before the block.
  ///   - writes: accessed cells whose value the block changes, likewise.
  init(
    reads: [(key: Bytes32, position: KeyPosition)], writes: [(key: Bytes32, position: KeyPosition)], leafCount: UInt64
  ) {
    queries.reserveCapacity(2 * (reads.count + writes.count))
    leaves.reserveCapacity(reads.count + writes.count)
    loaded = PositionSet(capacity: 2 * (reads.count + writes.count) + 1)
    for read in reads {
      switch read.position {
      case .existing(let index):
        queries.append(.exactIndex(key: read.key, index: index))
        load(index)
      case .absent(let previous, let next):
        queries.append(.previousIndex(key: read.key, index: previous))
        load(previous)
        load(next)
      }
    }
    var hasInserts = false
    for write in writes {
      switch write.position {
      case .existing(let index):
        if loaded.contains(index) { continue }
        queries.append(.exactIndex(key: write.key, index: index))
        load(index)
      case .absent(let previous, let next):
        queries.append(.previousIndex(key: write.key, index: previous))
        load(previous)
        load(next)
        hasInserts = true
      }
    }
    if hasInserts { load(leafCount - 1) }
  }

  private mutating func load(_ index: UInt64) {
    guard loaded.insert(index) else { return }
    queries.append(.proof(position: leaves.count))
    leaves.append(index)
  }
}

/// A set of leaf positions of a known greatest size: open addressing, at most half full.
///
/// Positions are given out by the tree, not chosen by anyone, so a fixed multiplicative hash will do.
private struct PositionSet {
  private var slots: [UInt64]
  private let shift: UInt64

  init(capacity: Int) {
    let bits = max(4, Int.bitWidth - (2 * capacity).leadingZeroBitCount)
    slots = [UInt64](repeating: .max, count: 1 << bits)
    shift = UInt64(64 - bits)
  }

  private func slot(_ position: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: (position &* 0x9e37_79b9_7f4a_7c15) &>> shift)
    while slots[slot] != .max, slots[slot] != position { slot = (slot + 1) & (slots.count - 1) }
    return slot
  }

  func contains(_ position: UInt64) -> Bool { slots[slot(position)] == position }

  /// - Returns: whether the position was not there yet.
  mutating func insert(_ position: UInt64) -> Bool {
    let slot = slot(position)
    defer { slots[slot] = position }
    return slots[slot] != position
  }
}
