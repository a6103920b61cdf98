import ChainStorage
import Compression
import Cryptography
import Primitives

/// Makes a segment of records that are given in the order of blocks. It holds what the file will hold, and a chunk.
struct SegmentWriter {
  private let header: SegmentHeader
  private var bytes: [UInt8]
  private var chunks: [SegmentChunk] = []
  private var chunk: [UInt8] = []
  private var chunkFirst: UInt64 = 0
  private var last: RawRecord?
  /// What the records take uncompressed.
  private(set) var contentBytes = 0

  init(_ header: SegmentHeader) {
    self.header = header
    bytes = header.encoded
  }

  /// The bytes that a record takes in a chunk.
  static func size(of record: RawRecord) -> Int { SegmentFormat.recordHeadBytes + record.value.count }

  /// - Parameter record: of the first block, and then always of the next.
  mutating func append(_ record: RawRecord) throws(ArchiveError) {
    let size = Self.size(of: record)
    guard size <= SegmentFormat.maxChunkBytes else { throw .tooLarge(block: record.number, bytes: size) }
    if !chunk.isEmpty, chunk.count + size > SegmentFormat.chunkBytes { endChunk() }
    if chunk.isEmpty { chunkFirst = record.number }
    chunk.append(littleEndian: record.number)
    chunk.append(record.hash)
    chunk.append(littleEndian: UInt32(record.value.count))
    chunk += record.value
    contentBytes += size
    last = record
  }

  private mutating func endChunk() {
    let frame = Zstandard.compress(chunk)
    chunks.append(
      SegmentChunk(first: chunkFirst, offset: bytes.count, frameBytes: frame.count, contentBytes: chunk.count))
    bytes += frame
    chunk.removeAll(keepingCapacity: true)
  }

  /// The file; `nil` where no record was given.
  consuming func finish() -> SegmentFile? {
    guard let last else { return nil }
    endChunk()
    let indexOffset = bytes.count
    for chunk in chunks {
      bytes.append(littleEndian: chunk.first)
      bytes.append(littleEndian: UInt64(chunk.offset))
      bytes.append(littleEndian: UInt32(chunk.frameBytes))
      bytes.append(littleEndian: UInt32(chunk.contentBytes))
    }
    bytes.append(littleEndian: last.number)
    bytes.append(last.hash)
    bytes.append(littleEndian: UInt64(indexOffset))
    bytes.append(littleEndian: UInt32(chunks.count))
    bytes.append(littleEndian: UInt32(0))
    bytes += SegmentFormat.endMagic
    let digest = SHA256.hash(bytes)
    bytes.append(digest)
    return SegmentFile(
      name: SegmentName(first: header.first, last: last.number, hash: last.hash), bytes: bytes,
      contentBytes: contentBytes,
      end: ArchiveEnd(chain: header.chain, last: last.number, hash: last.hash, digest: digest))
  }
}

/// A segment as it is stored.
struct SegmentFile {
  var name: SegmentName
  var bytes: [UInt8]
  /// What its records take uncompressed.
  var contentBytes: Int
  /// Where an archive stands that ends with it.
  var end: ArchiveEnd
}

/// Where an archive ends: what the next segment follows on.
public struct ArchiveEnd: Sendable, Equatable {
  /// Whose archive it is.
  public var chain: ArchivedChain
  /// The number of the last block.
  public var last: UInt64
  /// The hash of the last block.
  public var hash: Bytes32
  /// The digest of the last segment, which fixes everything before it.
  public var digest: Bytes32
}
