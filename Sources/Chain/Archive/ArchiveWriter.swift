import ChainStorage
import Primitives

/// Writes the records of a replay log to an archive, from where the archive ends. Belongs to one thread.
public final class ArchiveWriter {
  /// How large segments become.
  public struct Options: Sendable {
    /// Blocks in a segment, at most.
    public var blocks: UInt64 = 4_096
    /// Bytes of records in a segment before they are compressed, unless a single record has more.
    public var bytes = 64 << 20

    /// As is usual.
    public init() {}
  }

  /// A segment that was written.
  public struct Written: Sendable {
    /// What it is called.
    public var name: SegmentName
    /// Its bytes.
    public var fileBytes: Int
    /// What its records take uncompressed.
    public var contentBytes: Int
    /// Its digest, which fixes everything before it too.
    public var digest: Bytes32
  }

  private let archive: Archive
  private let log: ReplayLog
  private let options: Options
  private let claim: any Sendable
  /// Where the archive ends.
  public private(set) var end: ArchiveEnd?

  /// Finds out where the archive ends, and that it is one of the log's chain. Nobody else can write to it from then on, as far
  /// as its place can see to that.
  public init(_ archive: Archive, log: ReplayLog, options: Options = Options()) throws(ArchiveError) {
    self.archive = archive
    self.log = log
    self.options = options
    claim = try archive.store.claim()
    end = try archive.end()
    try check()
  }

  /// The archive's last block is one of the log, which it may not be any more where blocks were taken back.
  func check() throws(ArchiveError) {
    guard let end else { return }
    guard let chain = try Self.chain(of: log) else { throw .ahead(archived: end.last, logged: 0) }
    guard chain == end.chain else {
      throw .otherChain(file: "the archive", found: end.chain, expected: chain)
    }
    guard let hash = try logged({ () throws(StorageError) in try log.blockHash(end.last) }) else {
      throw .ahead(archived: end.last, logged: log.last)
    }
    guard hash == end.hash else { throw .fork(block: end.last, archived: end.hash, logged: hash) }
  }

  /// Which chain the log is of; `nil` where it has no block to tell by.
  private static func chain(of log: ReplayLog) throws(ArchiveError) -> ArchivedChain? {
    try logged { () throws(StorageError) in
      guard let genesisHash = try log.blockHash(0), let first = try log.context(1) else { return nil }
      return ArchivedChain(chainID: first.chainID, genesisHash: genesisHash)
    }
  }

  /// The last block in the archive; 0 in an empty one.
  public var last: UInt64 { end?.last ?? 0 }

  /// Writes the next segment, with blocks up to `last` at most; `nil` where there are none. What was written is durable.
  public func writeNext(through last: UInt64) throws(ArchiveError) -> Written? {
    let first = self.last + 1
    guard first <= last, let chain = try Self.chain(of: log) else { return nil }
    try check()
    // Somebody may have written to a place that cannot be locked.
    guard try archive.segments().last?.last ?? 0 == self.last else { throw .inUse(path: archive.store.place) }
    var writer = SegmentWriter(
      SegmentHeader(
        chain: chain, first: first, parentHash: end?.hash ?? chain.genesisHash, previousDigest: end?.digest ?? .zero))
    var number = first
    while number <= last, number - first < options.blocks {
      guard let record = try logged({ () throws(StorageError) in try log.rawRecord(number) }) else {
        throw .log(.unknownBlock(number))
      }
      if number > first, writer.contentBytes + SegmentWriter.size(of: record) > options.bytes { break }
      try writer.append(record)
      number += 1
    }
    guard let file = writer.finish() else { return nil }
    try archive.store.create(file.name.description, file.bytes)
    end = file.end
    return Written(
      name: file.name, fileBytes: file.bytes.count, contentBytes: file.contentBytes, digest: file.end.digest)
  }
}
