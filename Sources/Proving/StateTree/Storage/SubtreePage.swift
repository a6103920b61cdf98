// The unit of memory and of disk: a subtree of six levels, 64 entries wide.

import Primitives
import Synchronization

/// Layout of a page.
///
/// Tier `t` of the tree is the band of levels `6t ..< 6t + 6`. A page of tier `t` holds 64 neighbouring nodes of level
/// `6t` and the 62 nodes of the five levels above them; the node on top, of level `6t + 6`, is an entry of a page one
/// tier up. On tier 0 the 64 leaves stand in front. A path through six levels so touches one page, and a pair of siblings,
/// 64 bytes, is one cache line and one BLAKE2s message.
///
/// Only the entries go to disk (64 leaves of 72 bytes, or 64 hashes): what lies above is recomputed, and compared with
/// the parent, when a page is read.
enum SubtreePage {
  static let width = 64
  static let leafBytes = 72
  static let leavesBytes = width * leafBytes
  static let entriesBytes = width * 32
  /// All six levels.
  static let hashesBytes = 2 * entriesBytes - 64
  static let levels = 6

  /// Offset of level `level` of the page within its hashes, 0 ≤ level < 6.
  @inline(__always)
  static func offset(level: Int) -> Int { 4096 &- 4096 &>> level }

  /// Offset of the two topmost hashes within the hashes.
  static let topOffset = offset(level: 5)

  @inline(__always)
  static func leaf(_ page: UnsafeRawPointer, _ slot: Int) -> TreeLeaf {
    let bytes = page + slot &* leafBytes
    return TreeLeaf(
      key: Bytes32(loading: bytes), value: Bytes32(loading: bytes + 32),
      next: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 64, as: UInt64.self)))
  }

  @inline(__always)
  static func store(_ leaf: TreeLeaf, _ page: UnsafeMutableRawPointer, _ slot: Int) {
    let bytes = page + slot &* leafBytes
    leaf.key.store(to: bytes)
    leaf.value.store(to: bytes + 32)
    bytes.storeBytes(of: leaf.next.littleEndian, toByteOffset: 64, as: UInt64.self)
  }

  /// Hashes the two children of a page's top.
  static func top(hashes: UnsafeRawPointer) -> Bytes32 {
    TreeHashing.hash(
      Bytes32(loading: hashes + topOffset), Bytes32(loading: hashes + topOffset + 32))
  }
}

/// Recomputes pages after some of their entries changed, eight hashes at a time across pages.
struct PageHasher: ~Copyable {
  /// A page with changed entries.
  struct Item {
    var page: UnsafeMutableRawPointer
    /// Where the hash of the page's top goes.
    var top: UnsafeMutableRawPointer
    /// Bit `s` is set if entry `s` changed.
    var dirty: UInt64
  }

  private var leafJobs = HashJobs(length: SubtreePage.leafBytes)
  private var nodeJobs = HashJobs(length: 64)
  /// Compressions computed so far, padding excluded.
  private(set) var compressions = 0

  /// Pages treated together: enough to fill the lanes, few enough to stay in the cache from one level to the next.
  private static let group = 64

  /// Takes groups of pages, of which there are `items.count / group`, until `next` has given out all.
  mutating func rehash(
    _ items: UnsafeMutableBufferPointer<Item>, hasLeaves: Bool, next: borrowing Atomic<Int> = Atomic(0)
  ) {
    while true {
      let start = next.add(Self.group, ordering: .relaxed).oldValue
      if start >= items.count { return }
      let end = min(start &+ Self.group, items.count)
      rehashGroup(UnsafeMutableBufferPointer(rebasing: items[start..<end]), hasLeaves: hasLeaves)
    }
  }

  private mutating func rehashGroup(_ items: UnsafeMutableBufferPointer<Item>, hasLeaves: Bool) {
    let hashesOffset = hasLeaves ? SubtreePage.leavesBytes : 0
    if hasLeaves {
      for item in items {
        var bits = item.dirty
        while bits != 0 {
          let slot = bits.trailingZeroBitCount
          bits &= bits &- 1
          leafJobs.append(item.page + slot &* SubtreePage.leafBytes, to: item.page + (hashesOffset &+ slot &* 32))
        }
      }
      compressions &+= 2 &* leafJobs.count
      leafJobs.run()
    }
    var level = 0
    while level < SubtreePage.levels {
      let from = hashesOffset &+ SubtreePage.offset(level: level)
      let to = hashesOffset &+ SubtreePage.offset(level: level &+ 1)
      for index in items.indices {
        var bits = items[index].dirty
        var parents: UInt64 = 0
        let page = items[index].page
        while bits != 0 {
          let pair = bits.trailingZeroBitCount &>> 1
          bits &= ~(3 &<< UInt64(2 &* pair))
          parents |= 1 &<< UInt64(pair)
          nodeJobs.append(page + (from &+ pair &* 64), to: level == 5 ? items[index].top : page + (to &+ pair &* 32))
        }
        items[index].dirty = parents
      }
      compressions &+= nodeJobs.count
      nodeJobs.run()
      level &+= 1
    }
  }
}
