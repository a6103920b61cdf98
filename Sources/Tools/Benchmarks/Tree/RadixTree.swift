import Concurrency
import Cryptography
import Primitives
import RocksDB
import StateTree

/// The layout that ours was weighed against: copy-on-write nodes with eight children in RocksDB, as in zksync-os-server.
///
/// A node covers three binary levels and stands under version, level and index; each child reference carries the version
/// under which the child was last written, and every block writes the whole path of each leaf that it touches anew. A
/// second column leads from keys to positions. For measurements only: it keeps every version and cannot be truncated.
/// Source of the scheme: zksync-os-server `lib/merkle_tree/README.md`.
final class RadixTree {
  /// Leaves are level 0; the root, with two children, is level 22.
  private static let rootLevel = 22

  /// The touched nodes of one level, by ascending index.
  private struct Level {
    var indices: [UInt64] = []
    /// Children of each node.
    var counts: [Int] = []
    /// Eight a node; the empty subtree where there is no child.
    var hashes: [Bytes32] = []
    var versions: [UInt32] = []
  }

  private let database: Database
  private let nodes: Column
  private let keys: Column
  private var leafCount: UInt64 = 0
  private var rootVersion: UInt32 = 0

  init(directory: String) throws {
    var options = DatabaseOptions()
    options.blockCacheBytes = 256 << 20
    database = try Database(
      path: directory, columns: [ColumnOptions("nodes"), ColumnOptions("keys")], options: options)
    nodes = try database.column("nodes")
    keys = try database.column("keys")
    let batch = WriteBatch()
    var levels = [Level](repeating: Level(), count: Self.rootLevel + 1)
    let guards = TreeLeaf.guards
    for (index, leaf) in guards.enumerated() { batch.put(keys, leaf.key.bytes, Self.bytes(UInt64(index))) }
    _ = try write(guards.enumerated().map { (UInt64($0), $1) }, &levels, version: 0, batch)
    leafCount = UInt64(guards.count)
  }

  /// Applies a block durably.
  func apply(version: UInt64, writes: [(key: Bytes32, value: Bytes32)]) throws -> (StateCommitment, ApplyTimings) {
    var timings = ApplyTimings()
    var watch = Stopwatch()
    let batch = WriteBatch()
    // Where the keys are; for new ones, the leaf before.
    var values: [UInt64: Bytes32] = [:]
    var inserts: [(key: Bytes32, value: Bytes32, previous: UInt64)] = []
    let cursor = keys.cursor()
    for ((key, value), found) in zip(writes, try keys.values(writes.map(\.key.bytes))) {
      if let found {
        values[Self.number(found)] = value
      } else {
        _ = try cursor.seekForPrevious(key.bytes)
        inserts.append((key, value, cursor.withValue { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }))
      }
    }
    let touched = Set(values.keys).union(inserts.map(\.previous)).union([leafCount - 1])
    var (levels, leaves) = try load(touched.sorted())
    // New values and links.
    var position: [UInt64: Int] = [:]
    for (order, leaf) in leaves.enumerated() { position[leaf.index] = order }
    for (index, value) in values { if let order = position[index] { leaves[order].leaf.value = value } }
    leaves += inserts.enumerated().map { order, insert in
      (leafCount + UInt64(order), TreeLeaf(key: insert.key, value: insert.value, next: 0))
    }
    var before: UInt64?
    for order in inserts.indices.sorted(by: { inserts[$0].key < inserts[$1].key }) {
      let new = leafCount + UInt64(order), previous = inserts[order].previous
      let added = leaves.count - inserts.count + order
      if let before, inserts[Int(before - leafCount)].previous == previous {
        let left = leaves.count - inserts.count + Int(before - leafCount)
        leaves[added].leaf.next = leaves[left].leaf.next
        leaves[left].leaf.next = new
      } else if let left = position[previous] {
        leaves[added].leaf.next = leaves[left].leaf.next
        leaves[left].leaf.next = new
      }
      before = new
      batch.put(keys, inserts[order].key.bytes, Self.bytes(new))
    }
    timings.lookup = watch.lap()
    let (root, compressions) = try write(leaves, &levels, version: UInt32(version), batch) {
      timings.hashing = watch.lap()
    }
    timings.synchronize = watch.lap()
    timings.compressions = compressions
    timings.recordBytes = batch.byteCount
    leafCount += UInt64(inserts.count)
    return (StateCommitment(root: root, leafCount: leafCount), timings)
  }

  /// Reads leaves and all nodes above them, from the root down.
  private func load(_ indices: [UInt64]) throws -> ([Level], [(index: UInt64, leaf: TreeLeaf)]) {
    var levels = [Level](repeating: Level(), count: Self.rootLevel + 1)
    levels[0].indices = indices
    for level in 1...Self.rootLevel { levels[level].indices = Self.parents(of: levels[level - 1].indices) }
    var wanted = [Self.key(version: rootVersion, level: Self.rootLevel, index: 0)]
    for level in stride(from: Self.rootLevel, through: 1, by: -1) {
      for stored in try nodes.values(wanted) {
        guard let stored else { throw RadixTreeError.missingNode }
        levels[level].counts.append(stored.count / 36)
        for child in 0..<8 {
          let start = child * 36
          guard start < stored.count, let hash = Bytes32(stored[start..<start + 32]) else {
            levels[level].hashes.append(TreeHashing.emptySubtrees[3 * (level - 1)])
            levels[level].versions.append(0)
            continue
          }
          levels[level].hashes.append(hash)
          levels[level].versions.append(stored[(start + 32)..<(start + 36)].reduce(0) { $0 << 8 | UInt32($1) })
        }
      }
      var parent = 0
      wanted = levels[level - 1].indices.map { index in
        while levels[level].indices[parent] != index >> 3 { parent += 1 }
        let version = levels[level].versions[8 * parent + Int(index & 7)]
        return Self.key(version: version, level: level - 1, index: index)
      }
    }
    let leaves = try zip(indices, nodes.values(wanted)).map { index, stored in
      guard let stored, let key = Bytes32(stored[..<32]), let value = Bytes32(stored[32..<64]) else {
        throw RadixTreeError.missingNode
      }
      return (index, TreeLeaf(key: key, value: value, next: Self.number(Array(stored[64...]))))
    }
    return (levels, leaves)
  }

  /// Writes leaves, by ascending index, and all nodes above them under a new version.
  private func write(
    _ leaves: [(index: UInt64, leaf: TreeLeaf)], _ levels: inout [Level], version: UInt32, _ batch: WriteBatch,
    whenHashed: () -> Void = {}
  ) throws -> (root: Bytes32, compressions: Int) {
    var messages: [UInt8] = []
    messages.reserveCapacity(72 * leaves.count)
    for (index, leaf) in leaves {
      messages += leaf.key.bytes
      messages += leaf.value.bytes
      messages += withUnsafeBytes(of: leaf.next.littleEndian) { Array($0) }
      batch.put(
        nodes, Self.key(version: version, level: 0, index: index),
        leaf.key.bytes + leaf.value.bytes + Self.bytes(leaf.next))
    }
    var indices = leaves.map(\.index)
    var hashes = Self.hash(messages, length: 72, count: leaves.count)
    var compressions = 2 * leaves.count
    for level in 1...Self.rootLevel {
      Self.place(hashes, at: indices, into: &levels[level], level: level, version: version)
      let nodes = levels[level]
      // Three binary levels, the root's node one: its other children do not exist.
      hashes = level == Self.rootLevel ? Array(nodes.hashes[..<2]) : nodes.hashes
      while hashes.count > nodes.indices.count {
        compressions += hashes.count / 2
        hashes = hashes.withUnsafeBytes { Self.hash($0, length: 64, count: $0.count / 64) }
      }
      indices = nodes.indices
      for (order, index) in nodes.indices.enumerated() {
        var value: [UInt8] = []
        for child in 8 * order..<8 * order + nodes.counts[order] {
          value += nodes.hashes[child].bytes
          value += withUnsafeBytes(of: nodes.versions[child].bigEndian) { Array($0) }
        }
        batch.put(self.nodes, Self.key(version: version, level: level, index: index), value)
      }
    }
    whenHashed()
    try database.write(batch, sync: true)
    rootVersion = version
    return (hashes[0], compressions)
  }

  /// Puts the hashes of children into their parents, some of which may be new.
  private static func place(
    _ hashes: [Bytes32], at indices: [UInt64], into nodes: inout Level, level: Int, version: UInt32
  ) {
    var parent = 0
    for (index, hash) in zip(indices, hashes) {
      while parent < nodes.indices.count, nodes.indices[parent] != index >> 3 { parent += 1 }
      if parent == nodes.counts.count {
        if parent == nodes.indices.count { nodes.indices.append(index >> 3) }
        nodes.counts.append(0)
        nodes.hashes += [Bytes32](repeating: TreeHashing.emptySubtrees[3 * (level - 1)], count: 8)
        nodes.versions += [UInt32](repeating: 0, count: 8)
      }
      let child = Int(index & 7)
      nodes.counts[parent] = max(nodes.counts[parent], child + 1)
      nodes.hashes[8 * parent + child] = hash
      nodes.versions[8 * parent + child] = version
    }
  }

  private static func hash(_ messages: [UInt8], length: Int, count: Int) -> [Bytes32] {
    messages.withUnsafeBytes { hash($0, length: length, count: count) }
  }

  private static func hash(_ messages: UnsafeRawBufferPointer, length: Int, count: Int) -> [Bytes32] {
    [Bytes32](unsafeUninitializedCapacity: count) { digests, filled in
      Blake2s256.hashBatch(messages, length: length, count: count, into: UnsafeMutableRawBufferPointer(digests))
      filled = count
    }
  }

  private static func parents(of indices: [UInt64]) -> [UInt64] {
    var parents: [UInt64] = []
    for index in indices where parents.last != index >> 3 { parents.append(index >> 3) }
    return parents
  }

  private static func key(version: UInt32, level: Int, index: UInt64) -> [UInt8] {
    bytes(UInt64(version)) + [UInt8(level)] + bytes(index)
  }

  private static func bytes(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
  private static func number(_ bytes: [UInt8]) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}

enum RadixTreeError: Error {
  /// A reference to a child leads nowhere.
  case missingNode
  /// The comparison is about blocks, not about proofs.
  case noProofs
}
