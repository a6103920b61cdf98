import Files

/// For fuzzers, which would never come past a checksum by chance.
@_spi(Fuzzing)
public enum ChecksumRepair {
  /// The content of one of the tree's files with the checksums that it would have, had the tree written it.
  public static func repaired(_ file: String, _ content: [UInt8]) -> [UInt8] {
    var bytes = content
    if file == "superblock" {
      for copy in 0..<2 where bytes.count >= copy * Superblock.copySpacing + 128 {
        seal(&bytes, copy * Superblock.copySpacing, count: 120, at: 120)
      }
    } else if file == "versions" {
      for row in 0..<bytes.count / VersionTable.rowBytes {
        let mask = UInt64(row) &* 0x9E37_79B1_85EB_CA87
        seal(&bytes, row * VersionTable.rowBytes, count: 56, at: 56, mask: mask)
      }
    } else if file.hasPrefix("journal-") {
      repairJournal(&bytes)
    }
    return bytes
  }

  private static func repairJournal(_ bytes: inout [UInt8]) {
    var start = 0
    while bytes.count - start >= JournalRecord.headerBytes + JournalRecord.trailerBytes {
      seal(&bytes, start, count: 120, at: 120)
      let shape = bytes.withUnsafeBytes { JournalRecord.shape(of: UnsafeRawBufferPointer(rebasing: $0[start...])) }
      guard let shape, shape.totalBytes <= bytes.count - start else { return }
      let body = start + JournalRecord.headerBytes, trailer = body + shape.bodyBytes
      store(checksum(bytes, body..<trailer), &bytes, start + 96)
      seal(&bytes, start, count: 120, at: 120)
      seal(&bytes, trailer, count: 56, at: 56)
      start += shape.totalBytes
    }
  }

  private static func seal(_ bytes: inout [UInt8], _ start: Int, count: Int, at place: Int, mask: UInt64 = 0) {
    store(checksum(bytes, start..<start + count) ^ mask, &bytes, start + place)
  }

  private static func checksum(_ bytes: [UInt8], _ range: Range<Int>) -> UInt64 {
    bytes.withUnsafeBytes { Checksum.of(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  private static func store(_ value: UInt64, _ bytes: inout [UInt8], _ place: Int) {
    withUnsafeBytes(of: value.littleEndian) { for (index, byte) in $0.enumerated() { bytes[place + index] = byte } }
  }
}
