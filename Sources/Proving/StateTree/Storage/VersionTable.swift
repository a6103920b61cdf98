import Files
import Primitives

/// Root, leaf count and journal location of every version there ever was, 64 bytes each, at a place computed from the
/// version. Written without waiting; what a crash loses is written again from the journal.
struct VersionTable {
  struct Row: Equatable {
    var commitment: StateCommitment
    var location: Journal.Location
    /// Truncations the directory had seen when the row was written.
    var epoch: UInt64
  }

  static let rowBytes = 64
  let file: any TreeFile

  init(fileSystem: any TreeFileSystem) throws(StateTreeError) { file = try fileSystem.open("versions") }

  private static func checksum(_ bytes: UnsafeRawBufferPointer, version: UInt64) -> UInt64 {
    // The version is not stored; mixing it in makes a row at a wrong place fail.
    Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[..<56])) ^ (version &* 0x9E37_79B1_85EB_CA87)
  }

  func write(_ row: Row, version: UInt64) throws(StateTreeError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.rowBytes, alignment: 8)
    defer { buffer.deallocate() }
    row.commitment.root.store(to: buffer.baseAddress!)
    buffer.storeBytes(of: row.commitment.leafCount.littleEndian, toByteOffset: 32, as: UInt64.self)
    buffer.storeBytes(
      of: UInt32(truncatingIfNeeded: row.location.segment).littleEndian, toByteOffset: 40, as: UInt32.self)
    buffer.storeBytes(of: UInt32(truncatingIfNeeded: row.epoch).littleEndian, toByteOffset: 44, as: UInt32.self)
    buffer.storeBytes(of: UInt64(row.location.offset).littleEndian, toByteOffset: 48, as: UInt64.self)
    let checksum = Self.checksum(UnsafeRawBufferPointer(buffer), version: version)
    buffer.storeBytes(of: checksum.littleEndian, toByteOffset: 56, as: UInt64.self)
    try file.write(UnsafeRawBufferPointer(buffer), at: Int(version) * Self.rowBytes)
  }

  /// `nil` if there is no such row or it is damaged.
  func read(version: UInt64) throws(StateTreeError) -> Row? {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.rowBytes, alignment: 8)
    defer { buffer.deallocate() }
    guard try file.read(into: buffer, at: Int(version) * Self.rowBytes) == buffer.count else { return nil }
    func word(_ offset: Int) -> UInt64 {
      UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    guard word(56) == Self.checksum(UnsafeRawBufferPointer(buffer), version: version), word(48) < 1 << 48,
      word(32) < JournalRecord.maxLeafCount
    else {
      return nil
    }
    return Row(
      commitment: StateCommitment(root: Bytes32(loading: buffer.baseAddress!), leafCount: word(32)),
      location: Journal.Location(segment: word(40) & 0xffff_ffff, offset: Int(word(48))), epoch: word(40) >> 32)
  }

  /// Takes up the space of a row, so that writing it later cannot fail for want of space.
  func reserve(version: UInt64) throws(StateTreeError) {
    let end = (Int(version) + 1) * Self.rowBytes
    guard try file.size() < end else { return }
    let zeros = InlineArray<8, UInt64>(repeating: 0)
    try withUnsafeBytes(of: zeros) { (bytes) throws(StateTreeError) in
      try file.write(bytes, at: end - Self.rowBytes)
    }
  }

  func truncate(toCount count: UInt64) throws(StateTreeError) {
    if try file.size() > Int(count) * Self.rowBytes { try file.truncate(to: Int(count) * Self.rowBytes) }
  }
}
