import ChainStorage
import Compression
import Cryptography
import Primitives
import ZKsyncOS

/// A segment that was read: its digest is right, and its parts are where they have to be. What its chunks hold is looked at
/// in ``records(of:)``.
public struct Segment: Sendable {
  /// What it is called.
  public let name: SegmentName
  /// Its digest, which the next segment names.
  public let digest: Bytes32
  let header: SegmentHeader
  let chunks: [SegmentChunk]
  let bytes: [UInt8]

  /// The bytes of the file.
  public var fileBytes: Int { bytes.count }
  /// What its records take uncompressed.
  public var contentBytes: Int { chunks.reduce(0) { $0 + $1.contentBytes } }

  var end: ArchiveEnd { ArchiveEnd(chain: header.chain, last: name.last, hash: name.hash, digest: digest) }

  init(_ name: SegmentName, _ bytes: [UInt8]) throws(ArchiveError) {
    self.name = name
    self.bytes = bytes
    func damaged(_ place: String, _ reason: String) -> ArchiveError {
      .damaged(file: name.description, place: place, reason: reason)
    }
    let least = SegmentFormat.headerBytes + SegmentFormat.indexEntryBytes + SegmentFormat.trailerBytes
    guard bytes.count >= least else { throw damaged("byte \(bytes.count)", "the file ends there") }
    guard bytes.starts(with: SegmentFormat.magic) else { throw damaged("byte 0", "no segment begins like this") }
    var head = ByteReader(bytes[SegmentFormat.magic.count..<SegmentFormat.headerBytes])
    guard let version: UInt32 = head.littleEndian(), let zero: UInt32 = head.littleEndian(),
      let chainID: UInt64 = head.littleEndian(), let genesisHash = head.bytes32(),
      let first: UInt64 = head.littleEndian(), let parentHash = head.bytes32(), let previousDigest = head.bytes32()
    else { throw damaged("byte 8", "the header is cut off") }
    guard version == SegmentFormat.version else {
      throw .unknownFormat(file: name.description, version: version)
    }
    let trailerOffset = bytes.count - SegmentFormat.trailerBytes
    var trailer = ByteReader(bytes[trailerOffset...])
    guard let last: UInt64 = trailer.littleEndian(), let hash = trailer.bytes32(),
      let indexOffset: UInt64 = trailer.littleEndian(), let count: UInt32 = trailer.littleEndian(),
      let otherZero: UInt32 = trailer.littleEndian(), let endMagic = trailer.slice(SegmentFormat.endMagic.count),
      let noted = trailer.bytes32()
    else { throw damaged("byte \(trailerOffset)", "the trailer is cut off") }
    guard endMagic.elementsEqual(SegmentFormat.endMagic) else {
      throw damaged("byte \(trailerOffset + 56)", "the file is cut off, or something follows its end")
    }
    digest = bytes.withUnsafeBytes {
      SHA256.hash(UnsafeRawBufferPointer(rebasing: $0.dropLast(SegmentFormat.digestBytes)))
    }
    guard digest == noted else {
      throw damaged("byte \(trailerOffset + 64)", "the digest of the file is \(digest), and it says \(noted)")
    }
    // What follows is no damage but the work of another program.
    guard zero == 0, otherZero == 0 else { throw damaged("byte 12", "a field that has to be zero is not") }
    guard first == name.first, last == name.last, hash == name.hash else {
      throw damaged("byte 56", "the file has blocks \(first) to \(last), the last \(hash), and is called otherwise")
    }
    header = SegmentHeader(
      chain: ArchivedChain(chainID: chainID, genesisHash: genesisHash), first: first, parentHash: parentHash,
      previousDigest: previousDigest)
    let indexBytes = Int(count).multipliedReportingOverflow(by: SegmentFormat.indexEntryBytes)
    guard count > 0, !indexBytes.overflow, indexBytes.partialValue <= trailerOffset - SegmentFormat.headerBytes,
      indexOffset == UInt64(trailerOffset - indexBytes.partialValue)
    else { throw damaged("byte \(trailerOffset + 40)", "the index is not where it should be") }
    let place = trailerOffset - indexBytes.partialValue
    chunks = try Self.chunks(name, ByteReader(bytes[place..<trailerOffset]), count: Int(count), end: place)
  }

  /// The index, whose chunks lie one after the other from the header to the index, and have blocks that ascend.
  private static func chunks(
    _ name: SegmentName, _ reader: ByteReader, count: Int, end: Int
  ) throws(ArchiveError) -> [SegmentChunk] {
    var reader = reader, chunks: [SegmentChunk] = []
    var offset = SegmentFormat.headerBytes
    for index in 0..<count {
      guard let first: UInt64 = reader.littleEndian(), let begin: UInt64 = reader.littleEndian(),
        let frameBytes: UInt32 = reader.littleEndian(), let contentBytes: UInt32 = reader.littleEndian(),
        begin == UInt64(offset), frameBytes > 0, Int(frameBytes) <= end - offset,
        contentBytes <= SegmentFormat.maxChunkBytes, first <= name.last,
        chunks.last.map({ $0.first < first }) ?? (first == name.first)
      else {
        throw .damaged(
          file: name.description, place: "byte \(end + index * SegmentFormat.indexEntryBytes)",
          reason: "entry \(index) of the index does not follow on the one before")
      }
      chunks.append(
        SegmentChunk(first: first, offset: offset, frameBytes: Int(frameBytes), contentBytes: Int(contentBytes)))
      offset += Int(frameBytes)
    }
    guard offset == end else {
      throw .damaged(file: name.description, place: "byte \(offset)", reason: "no entry of the index covers it")
    }
    return chunks
  }

  /// The records of a chunk. Each is decoded once, so that it is one, of this chain, and follows on the one before.
  ///
  /// - Parameter parentHash: the hash of the block before the chunk; it is that of the chunk's last block afterwards.
  func records(of chunk: Int, after parentHash: inout Bytes32) throws(ArchiveError) -> [RawRecord] {
    let (place, end) = (chunks[chunk], chunk + 1 < chunks.count ? chunks[chunk + 1].first - 1 : name.last)
    func damaged(_ reason: String) -> ArchiveError {
      .damaged(file: name.description, place: "byte \(place.offset)", reason: reason)
    }
    let content: [UInt8]
    do throws(ZstandardError) {
      content = try Zstandard.decompress(
        bytes[place.offset..<place.offset + place.frameBytes], size: place.contentBytes)
    } catch {
      throw damaged(error.description)
    }
    var reader = ByteReader(content), records: [RawRecord] = []
    for expected in place.first...end {
      guard let number: UInt64 = reader.littleEndian(), let hash = reader.bytes32(),
        let length: UInt32 = reader.littleEndian(), let value = reader.bytes(Int(length))
      else { throw damaged("the chunk ends before block \(expected)") }
      guard number == expected else { throw damaged("block \(number) is where block \(expected) belongs") }
      let raw = RawRecord(number: number, hash: hash, value: value)
      try check(raw, after: parentHash)
      parentHash = hash
      records.append(raw)
    }
    guard reader.remaining == 0 else { throw damaged("something follows block \(end) in its chunk") }
    guard end < name.last || parentHash == name.hash else {
      throw damaged("the last block is \(parentHash), and the file says \(name.hash)")
    }
    return records
  }

  private func check(_ raw: RawRecord, after parentHash: Bytes32) throws(ArchiveError) {
    func damaged(_ reason: String) -> ArchiveError {
      .damaged(file: name.description, place: "block \(raw.number)", reason: reason)
    }
    let record: ReplayRecord
    do throws(StorageError) { record = try raw.decoded(parentHash: parentHash) } catch {
      throw damaged(error.description)
    }
    guard record.context.chainID == header.chain.chainID else {
      throw damaged("it is of chain \(record.context.chainID)")
    }
    guard record.context.blockHashes[0] == parentHash else {
      throw damaged("it follows on \(record.context.blockHashes[0]), and the block before is \(parentHash)")
    }
  }
}
