import Primitives

/// The form of a segment: some thousand consecutive records of a replay log in one file that never changes.
///
/// ```
/// header    0  magic "zkosrlog"                                  8 bytes
///           8  format version, 1                                 4
///          12  zero                                              4
///          16  chain id                                          8
///          24  hash of block 0                                  32
///          56  number of the first block, at least 1             8
///          64  hash of the block before the first               32
///          96  digest of the segment before, zero for the first 32
/// chunks  128  one Zstandard frame (RFC 8878) after the other, each of whole records, in the order of blocks:
///              number of the block                               8
///              hash of the block                                32
///              length of the record                              4
///              the record as it lies in the replay log           …
/// index        for each chunk: number of its first block         8
///              where its frame begins in the file                8
///              length of the frame                               4
///              length of its content                             4
/// trailer   0  number of the last block                          8
///           8  hash of the last block                           32
///          40  where the index begins in the file                8
///          48  how many chunks there are, at least 1             4
///          52  zero                                              4
///          56  magic "zkosrend"                                  8
///          64  digest: SHA-256 of everything before it          32
/// ```
///
/// Numbers are little-endian. Nothing stands between the parts. The digest is also what the next segment names, so that the
/// digest of one segment fixes all before it. The index lets a reader take a few blocks out of a file without the rest.
enum SegmentFormat {
  static let magic = Array("zkosrlog".utf8)
  static let endMagic = Array("zkosrend".utf8)
  static let version: UInt32 = 1
  static let headerBytes = 128
  static let indexEntryBytes = 24
  static let trailerBytes = 96
  static let digestBytes = 32
  static let recordHeadBytes = 44

  /// Content from which the next record begins another chunk.
  static let chunkBytes = 1 << 20
  /// Content that a chunk may have, so that one record may: what is larger is neither written nor read.
  static let maxChunkBytes = 256 << 20
  /// Bytes that a file may have.
  static let maxFileBytes = 1 << 30
}

/// What a segment says of itself at its beginning.
struct SegmentHeader: Sendable, Equatable {
  var chain: ArchivedChain
  var first: UInt64
  var parentHash: Bytes32
  var previousDigest: Bytes32

  var encoded: [UInt8] {
    var bytes = SegmentFormat.magic
    bytes.append(littleEndian: SegmentFormat.version)
    bytes.append(littleEndian: UInt32(0))
    bytes.append(littleEndian: chain.chainID)
    bytes.append(chain.genesisHash)
    bytes.append(littleEndian: first)
    bytes.append(parentHash)
    bytes.append(previousDigest)
    return bytes
  }
}

/// Where a chunk is.
struct SegmentChunk: Sendable, Equatable {
  var first: UInt64
  var offset: Int
  var frameBytes: Int
  var contentBytes: Int
}
