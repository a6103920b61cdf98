import Files
import Primitives

/// One block in the journal: enough to repeat it on any mixture of old and new pages, and to take it back.
///
/// All numbers are little-endian. A header, four sections sorted by position, and a trailer that is written last:
///
/// | section | entry |
/// | --- | --- |
/// | updates | position, old value, new value (72 bytes) |
/// | relinks | position, old next, new next (24 bytes) |
/// | inserts | key, value, next (72 bytes), for the positions from the old leaf count on |
/// | nodes, for each tier from the second | entry number, old hash (40 bytes) |
///
/// Nodes have no new hash: repeating a block recomputes them.
struct JournalRecord {
  static let headerBytes = 128
  static let trailerBytes = 64
  static let updateBytes = 72
  static let relinkBytes = 24
  static let insertBytes = SubtreePage.leafBytes
  static let nodeBytes = 40
  /// Tiers that a record can describe: 64^9 leaves.
  static let maxTiers = 8
  private static let magic: UInt64 = 0x314C_4E4A_4545_5254  // "TREEJNL1"

  /// Counts that decide the size of a record.
  struct Shape {
    var version: UInt64
    /// Number of truncations the directory has seen; tells a record from a leftover.
    var epoch: UInt64
    var leafCountBefore: UInt64
    var updates: Int
    var relinks: Int
    var inserts: Int
    /// Changed entries of tier 1, 2, ….
    var nodes: [Int]

    var bodyBytes: Int {
      updates * updateBytes + relinks * relinkBytes + inserts * insertBytes + nodes.reduce(0, +) * nodeBytes
    }
    var totalBytes: Int { headerBytes + bodyBytes + trailerBytes }
  }

  /// The whole record, trailer included.
  let bytes: UnsafeRawBufferPointer
  let shape: Shape

  private var base: UnsafeRawPointer { bytes.baseAddress! }
  private var relinkOffset: Int { Self.headerBytes + shape.updates * Self.updateBytes }
  private var insertOffset: Int { relinkOffset + shape.relinks * Self.relinkBytes }
  private func nodeOffset(tier: Int) -> Int {
    insertOffset + shape.inserts * Self.insertBytes + shape.nodes[..<(tier - 1)].reduce(0, +) * Self.nodeBytes
  }

  // MARK: Reading

  /// The shape that a header spells; `nil` if the header is not one.
  static func shape(of header: UnsafeRawBufferPointer) -> Shape? {
    guard header.count >= headerBytes else { return nil }
    func word(_ offset: Int) -> UInt64 {
      UInt64(littleEndian: header.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    guard word(0) == magic, word(120) == Checksum.of(UnsafeRawBufferPointer(rebasing: header[..<120])),
      word(32) < 1 << 32, word(40) < 1 << 32, word(48) < 1 << 32
    else { return nil }
    var nodes = (0..<maxTiers).map {
      Int(UInt32(littleEndian: header.loadUnaligned(fromByteOffset: 56 + 4 * $0, as: UInt32.self)))
    }
    while nodes.last == 0 { nodes.removeLast() }
    let shape = Shape(
      version: word(8), epoch: word(16), leafCountBefore: word(24), updates: Int(word(32)), relinks: Int(word(40)),
      inserts: Int(word(48)), nodes: nodes)
    return word(88) == UInt64(shape.bodyBytes) ? shape : nil
  }

  /// A complete record, checksums compared; `nil` if anything is wrong with it.
  init?(checking bytes: UnsafeRawBufferPointer) {
    guard let shape = Self.shape(of: bytes), bytes.count == shape.totalBytes else { return nil }
    self.init(bytes: bytes, shape: shape)
    let body = UnsafeRawBufferPointer(rebasing: bytes[Self.headerBytes..<bytes.count - Self.trailerBytes])
    let trailer = UnsafeRawBufferPointer(rebasing: bytes[(bytes.count - Self.trailerBytes)...])
    guard bytes.loadUnaligned(fromByteOffset: 96, as: UInt64.self).littleEndian == Checksum.of(body),
      trailer.loadUnaligned(fromByteOffset: 0, as: UInt64.self).littleEndian == shape.version,
      trailer.loadUnaligned(fromByteOffset: 8, as: UInt64.self).littleEndian == shape.epoch,
      trailer.loadUnaligned(fromByteOffset: 56, as: UInt64.self).littleEndian
        == Checksum.of(UnsafeRawBufferPointer(rebasing: trailer[..<56])),
      hasSoundPositions
    else { return nil }
  }

  /// Leaves that no tree has.
  static let maxLeafCount: UInt64 = 1 << 48

  /// Whether every position is one in a tree of the size that the record says. A checksum is right for whatever was
  /// written, and positions become addresses.
  private var hasSoundPositions: Bool {
    let before = shape.leafCountBefore, after = before &+ UInt64(shape.inserts)
    guard before < Self.maxLeafCount, commitment.leafCount == after else { return false }
    for position in 0..<shape.updates where update(position).index >= before { return false }
    for position in 0..<shape.relinks {
      let relink = relink(position)
      if relink.index >= before || relink.old >= after || relink.new >= after { return false }
    }
    for position in 0..<shape.inserts where insert(position).next >= after { return false }
    for tier in shape.nodes.indices {
      let entries = UInt64(SubtreeStore.entryCount(tier: tier + 1, leafCount: after))
      for position in 0..<shape.nodes[tier] {
        let entry = base + (nodeOffset(tier: tier + 1) + position * Self.nodeBytes)
        if index(at: entry) >= entries { return false }
      }
    }
    return true
  }

  /// A record that was checked before.
  init(bytes: UnsafeRawBufferPointer, shape: Shape) {
    self.bytes = bytes
    self.shape = shape
  }

  /// Root and leaf count after the block.
  var commitment: StateCommitment {
    let trailer = base + (bytes.count - Self.trailerBytes)
    return StateCommitment(
      root: Bytes32(loading: trailer + 16),
      leafCount: UInt64(littleEndian: trailer.loadUnaligned(fromByteOffset: 48, as: UInt64.self)))
  }

  struct Update {
    var index: UInt64
    var old: Bytes32
    var new: Bytes32
  }

  @inline(__always)
  func update(_ position: Int) -> Update {
    let entry = base + (Self.headerBytes + position * Self.updateBytes)
    return Update(index: index(at: entry), old: Bytes32(loading: entry + 8), new: Bytes32(loading: entry + 40))
  }

  struct Relink {
    var index: UInt64
    var old: UInt64
    var new: UInt64
  }

  @inline(__always)
  func relink(_ position: Int) -> Relink {
    let entry = base + (relinkOffset + position * Self.relinkBytes)
    return Relink(index: index(at: entry), old: index(at: entry + 8), new: index(at: entry + 16))
  }

  @inline(__always)
  func insert(_ position: Int) -> TreeLeaf { SubtreePage.leaf(base + insertOffset, position) }

  /// The old hash of entry `index` of tier `tier`.
  @inline(__always)
  func node(tier: Int, _ position: Int) -> (index: Int, old: Bytes32) {
    let entry = base + (nodeOffset(tier: tier) + position * Self.nodeBytes)
    return (Int(index(at: entry)), Bytes32(loading: entry + 8))
  }

  @inline(__always)
  private func index(at pointer: UnsafeRawPointer) -> UInt64 {
    UInt64(littleEndian: pointer.loadUnaligned(as: UInt64.self))
  }

  /// Which entries of a section with `count` entries of `stride` bytes at `offset` lie in `range`.
  private func positions(of range: Range<Int>, offset: Int, stride: Int, count: Int) -> Range<Int> {
    func lowerBound(_ value: Int) -> Int {
      var (low, high) = (0, count)
      while low < high {
        let middle = (low + high) / 2
        if index(at: base + (offset + middle * stride)) < UInt64(value) { low = middle + 1 } else { high = middle }
      }
      return low
    }
    return lowerBound(range.lowerBound)..<lowerBound(range.upperBound)
  }

  func updates(in leaves: Range<Int>) -> Range<Int> {
    positions(of: leaves, offset: Self.headerBytes, stride: Self.updateBytes, count: shape.updates)
  }

  func relinks(in leaves: Range<Int>) -> Range<Int> {
    positions(of: leaves, offset: relinkOffset, stride: Self.relinkBytes, count: shape.relinks)
  }

  func nodes(tier: Int, in entries: Range<Int>) -> Range<Int> {
    guard tier <= shape.nodes.count else { return 0..<0 }
    return positions(
      of: entries, offset: nodeOffset(tier: tier), stride: Self.nodeBytes, count: shape.nodes[tier - 1])
  }
}

/// Composes records in memory that is kept from block to block.
final class JournalWriter {
  private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)
  private var cursor = 0
  private(set) var shape = JournalRecord.Shape(
    version: 0, epoch: 0, leafCountBefore: 0, updates: 0, relinks: 0, inserts: 0, nodes: [])

  deinit { buffer.deallocate() }

  /// The record as composed so far, trailer space included.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[..<shape.totalBytes]) }
  var record: JournalRecord { JournalRecord(bytes: bytes, shape: shape) }

  /// Begins a record; the sections are then appended in order.
  func begin(_ shape: JournalRecord.Shape) {
    self.shape = shape
    if buffer.count < shape.totalBytes {
      buffer.deallocate()
      buffer = .allocate(byteCount: shape.totalBytes * 5 / 4, alignment: 64)
    }
    cursor = JournalRecord.headerBytes
  }

  @inline(__always)
  private func put(_ number: UInt64) {
    buffer.baseAddress.unsafelyUnwrapped.storeBytes(of: number.littleEndian, toByteOffset: cursor, as: UInt64.self)
    cursor &+= 8
  }

  @inline(__always)
  private func put(_ bytes: Bytes32) {
    bytes.store(to: buffer.baseAddress.unsafelyUnwrapped + cursor)
    cursor &+= 32
  }

  @inline(__always)
  func appendUpdate(_ index: UInt64, old: Bytes32, new: Bytes32) {
    put(index)
    put(old)
    put(new)
  }

  @inline(__always)
  func appendRelink(_ index: UInt64, old: UInt64, new: UInt64) {
    put(index)
    put(old)
    put(new)
  }

  @inline(__always)
  func appendInsert(_ leaf: TreeLeaf) {
    put(leaf.key)
    put(leaf.value)
    put(leaf.next)
  }

  @inline(__always)
  func appendNode(_ index: Int, old: Bytes32) {
    put(UInt64(index))
    put(old)
  }

  /// Fills in the header, and zeros for the trailer.
  func finishBody() {
    let bodyEnd = shape.totalBytes - JournalRecord.trailerBytes
    let body = UnsafeRawBufferPointer(rebasing: buffer[JournalRecord.headerBytes..<bodyEnd])
    func store(_ number: UInt64, _ offset: Int) {
      buffer.storeBytes(of: number.littleEndian, toByteOffset: offset, as: UInt64.self)
    }
    UnsafeMutableRawBufferPointer(rebasing: buffer[..<JournalRecord.headerBytes]).initializeMemory(
      as: UInt8.self, repeating: 0)
    UnsafeMutableRawBufferPointer(rebasing: buffer[bodyEnd..<shape.totalBytes]).initializeMemory(
      as: UInt8.self, repeating: 0)
    store(0x314C_4E4A_4545_5254, 0)
    store(shape.version, 8)
    store(shape.epoch, 16)
    store(shape.leafCountBefore, 24)
    store(UInt64(shape.updates), 32)
    store(UInt64(shape.relinks), 40)
    store(UInt64(shape.inserts), 48)
    for (tier, count) in shape.nodes.enumerated() {
      buffer.storeBytes(of: UInt32(count).littleEndian, toByteOffset: 56 + 4 * tier, as: UInt32.self)
    }
    store(UInt64(shape.bodyBytes), 88)
    store(Checksum.of(body), 96)
    store(Checksum.of(UnsafeRawBufferPointer(rebasing: buffer[..<120])), 120)
  }

  /// Fills in the trailer.
  /// - Returns: its bytes.
  func finishTrailer(_ commitment: StateCommitment) -> UnsafeRawBufferPointer {
    let offset = shape.totalBytes - JournalRecord.trailerBytes
    let trailer = UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<shape.totalBytes])
    trailer.storeBytes(of: shape.version.littleEndian, toByteOffset: 0, as: UInt64.self)
    trailer.storeBytes(of: shape.epoch.littleEndian, toByteOffset: 8, as: UInt64.self)
    commitment.root.store(to: trailer.baseAddress! + 16)
    trailer.storeBytes(of: commitment.leafCount.littleEndian, toByteOffset: 48, as: UInt64.self)
    trailer.storeBytes(
      of: Checksum.of(UnsafeRawBufferPointer(rebasing: trailer[..<56])).littleEndian, toByteOffset: 56, as: UInt64.self)
    return UnsafeRawBufferPointer(trailer)
  }
}
