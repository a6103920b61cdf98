import Files
import Primitives

/// The small file from which everything else is found: format, last checkpoint, and a truncation in progress.
///
/// Two copies in turn, each with a checksum and a sequence number: a write that is cut short damages only the older one.
struct Superblock: Equatable {
  static let formatVersion: UInt32 = 1

  /// Versions covered by the checkpoint: everything below this number is in the pages.
  var versionCount: UInt64 = 0
  var commitment = StateCommitment(root: .zero, leafCount: 0)
  /// Where the record of version `versionCount` begins or will begin.
  var journal = Journal.Location(segment: 0, offset: 0)
  var epoch: UInt64 = 0
  /// A truncation that was begun: all versions above this one are being taken back.
  var truncatingTo: UInt64?
  var sequence: UInt64 = 0

  private static let magic: UInt64 = 0x3145_5441_5453_4B5A  // "ZKSTATE1"
  private static let copyBytes = 128
  static let copySpacing = 4096

  /// Writes the next copy and makes it durable.
  mutating func write(to file: any TreeFile) throws(StateTreeError) {
    sequence += 1
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.copyBytes, alignment: 8)
    defer { buffer.deallocate() }
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    func store(_ number: UInt64, _ offset: Int) {
      buffer.storeBytes(of: number.littleEndian, toByteOffset: offset, as: UInt64.self)
    }
    store(Self.magic, 0)
    store(UInt64(Self.formatVersion), 8)
    store(sequence, 16)
    store(versionCount, 24)
    commitment.root.store(to: buffer.baseAddress! + 32)
    store(commitment.leafCount, 64)
    store(journal.segment, 72)
    store(UInt64(journal.offset), 80)
    store(epoch, 88)
    store(truncatingTo.map { $0 + 1 } ?? 0, 96)
    store(Checksum.of(UnsafeRawBufferPointer(rebasing: buffer[..<120])), 120)
    try file.write(UnsafeRawBufferPointer(buffer), at: Int(sequence % 2) * Self.copySpacing)
    try file.synchronize()
  }

  /// The newest good copy; `nil` if there is none.
  static func read(from file: any TreeFile) throws(StateTreeError) -> Superblock? {
    var newest: Superblock?
    for copy in 0..<2 {
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: copyBytes, alignment: 8)
      defer { buffer.deallocate() }
      guard try file.read(into: buffer, at: copy * copySpacing) == copyBytes else { continue }
      func word(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      }
      guard word(0) == magic, word(120) == Checksum.of(UnsafeRawBufferPointer(rebasing: buffer[..<120])) else {
        continue
      }
      guard word(8) == UInt64(formatVersion) else {
        throw .unsupportedFormat(found: UInt32(truncatingIfNeeded: word(8)), supported: formatVersion)
      }
      // A checksum is right for whatever was written; sizes beyond these are none.
      guard word(24) < 1 << 48, word(64) < JournalRecord.maxLeafCount, word(80) < 1 << 48 else { continue }
      let found = Superblock(
        versionCount: word(24),
        commitment: StateCommitment(root: Bytes32(loading: buffer.baseAddress! + 32), leafCount: word(64)),
        journal: Journal.Location(segment: word(72), offset: Int(truncatingIfNeeded: word(80))), epoch: word(88),
        truncatingTo: word(96) == 0 ? nil : word(96) - 1, sequence: word(16))
      if found.sequence > newest?.sequence ?? 0 { newest = found }
    }
    return newest
  }
}
