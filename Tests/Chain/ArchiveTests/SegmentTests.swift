import Archive
import ChainStorage
import Cryptography
import Glibc
import Primitives
import StorageTesting
import Testing

@Suite("A segment") struct SegmentTests {
  /// Made by this program; a change of the format that no longer reads it makes old archives unreadable.
  private static let golden =
    #filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/Golden"

  /// One segment with five blocks in three chunks, the second of which has the record that is larger than a chunk.
  private func sample() throws -> (SampleArchive, name: String, bytes: [UInt8]) {
    let sample = SampleArchive()
    try sample.fill(blocks: 5)
    let name = try #require(sample.files.first)
    return (sample, name, sample.bytes(name))
  }

  @Test("of format 1 is read for ever, and written the same but for what the compressor makes of it")
  func goldenFile() throws {
    let sample = SampleArchive()
    let name = "000000000001-000000000005-0000000000000000000000000000000000000000000000000000000000050005.zrl"
    let bytes = TemporaryDirectory.read(Self.golden + "/" + name)
    #expect(bytes.count > 800 && bytes.count < 4_096)
    try sample.fill(blocks: 5)
    let written = sample.bytes(name)
    #expect(written.prefix(128) == bytes.prefix(128))
    // The bytes where numbers are that do not depend on frames: last block, its hash, and how many chunks there are.
    for range in [0..<40, 48..<64] {
      #expect(
        written.suffix(96).dropFirst(range.lowerBound).prefix(range.count)
          == bytes.suffix(96).dropFirst(range.lowerBound).prefix(range.count))
    }

    let old = SampleArchive()
    try old.fill(blocks: 0)
    old.write(bytes, name)
    #expect(try records(old) == records(sample))
  }

  private func records(_ sample: SampleArchive) throws -> [RawRecord] {
    var walk = ArchiveWalk(sample.archive, try sample.archive.segments())
    var all: [RawRecord] = []
    while try walk.next({ (records) throws(ArchiveError) in all += records }) != nil {}
    return all
  }

  @Test("holds the records as they lie in the log")
  func records() throws {
    let (sample, _, _) = try sample()
    let log = try SampleLog.open(sample.directory.file("log"), blocks: 5)
    let records = try records(sample)
    #expect(records.map(\.number) == [1, 2, 3, 4, 5])
    for record in records { #expect(try log.rawRecord(record.number) == record) }
  }

  @Test("with any bit flipped is damaged, and the error names the file")
  func flippedBits() throws {
    let (sample, name, bytes) = try sample()
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= 1 << UInt8(index % 8)
      sample.write(damaged, name)
      switch sample.fault() {
      case .damaged(let file, _, _): #expect(file == name)
      case .unknownFormat(let file, let version): #expect(file == name && version != 1 && 8..<12 ~= index)
      case let fault: Issue.record("byte \(index): \(String(describing: fault))")
      }
    }
    sample.write(bytes, name)
    #expect(sample.fault() == nil)
  }

  @Test("cut off anywhere, or with something behind it, is damaged")
  func truncation() throws {
    let (sample, name, bytes) = try sample()
    for count in Array(bytes.indices) {
      sample.write(Array(bytes.prefix(count)), name)
      guard case .damaged(name, _, _)? = sample.fault() else {
        Issue.record("\(count) bytes are taken for a segment")
        continue
      }
    }
    sample.write(bytes + [0], name)
    guard case .damaged(name, _, _)? = sample.fault() else { return #expect(Bool(false)) }
  }

  /// Whoever wants to deceive computes the digest anew. Then everything else has to hold.
  @Test("that was changed and given a right digest is refused, or has the same records")
  func forgeries() throws {
    let (sample, name, bytes) = try sample()
    let original = try records(sample)
    var refused = 0
    for index in bytes.indices.dropLast(32) {
      for bit in [0, 7] as [UInt8] {
        var forged = bytes
        forged[index] ^= 1 << bit
        sample.write(sealed(forged), name)
        do throws(ArchiveError) {
          // zstd has bits that mean nothing.
          #expect(try forgedRecords(sample) == original, "byte \(index)")
        } catch {
          refused += 1
        }
      }
    }
    #expect(refused > bytes.count)
  }

  private func forgedRecords(_ sample: SampleArchive) throws(ArchiveError) -> [RawRecord] {
    var walk = ArchiveWalk(sample.archive, try sample.archive.segments())
    var all: [RawRecord] = []
    while try walk.next({ (records) throws(ArchiveError) in all += records }) != nil {}
    return all
  }

  private func sealed(_ bytes: [UInt8]) -> [UInt8] {
    let body = Array(bytes.dropLast(32))
    return body + SHA256.hash(body).bytes
  }

  @Test("whose index promises more than a chunk may have is refused before anything is allocated")
  func bomb() throws {
    let (sample, name, bytes) = try sample()
    // The content of the last chunk: the last four bytes of the index.
    let place = bytes.count - 96 - 4
    for size in [UInt32.max, 256 << 20 + 1, 256 << 20, 0] as [UInt32] {
      var forged = bytes
      for (offset, byte) in withUnsafeBytes(of: size.littleEndian, Array.init).enumerated() {
        forged[place + offset] = byte
      }
      sample.write(sealed(forged), name)
      guard case .damaged(name, _, let reason)? = sample.fault() else {
        Issue.record("\(size) is taken")
        continue
      }
      #expect(reason.contains(size > 256 << 20 ? "entry 2 of the index" : "of another size"))
    }
  }

  @Test("with a file of a size that no segment has is not even read")
  func hugeFile() throws {
    let (sample, name, _) = try sample()
    #expect(truncate(sample.path + "/" + name, 1 << 30 + 1) == 0)
    guard case .damaged(name, "byte 1073741824", _)? = sample.fault() else { return #expect(Bool(false)) }
  }

  @Test(
    "has exactly one name",
    arguments: [
      "1-5-0000000000000000000000000000000000000000000000000000000000050005.zrl",
      "000000000005-000000000001-0000000000000000000000000000000000000000000000000000000000050005.zrl",
      "000000000000-000000000005-0000000000000000000000000000000000000000000000000000000000050005.zrl",
      "000000000001-000000000005-000000000000000000000000000000000000000000000000000000000005000F.zrl",
      "000000000001-000000000005-50005.zrl", "notes.zrl", ".zrl",
      "000000000001-000000000005-0x00000000000000000000000000000000000000000000000000000000050005.zrl",
      "000000000001-18446744073709551616-0000000000000000000000000000000000000000000000000000000000050005.zrl",
    ])
  func otherNames(other: String) throws {
    let (sample, _, bytes) = try sample()
    sample.write(bytes, other)
    #expect(sample.fault() == .badName(file: other))
  }

  @Test("that was renamed is damaged")
  func renamed() throws {
    let (sample, name, bytes) = try sample()
    sample.remove(name)
    let other = "000000000001-000000000006-0000000000000000000000000000000000000000000000000000000000050005.zrl"
    sample.write(bytes, other)
    guard case .damaged(other, _, let reason)? = sample.fault() else { return #expect(Bool(false)) }
    #expect(reason.contains("is called otherwise"))
  }
}
