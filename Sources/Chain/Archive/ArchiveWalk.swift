import ChainStorage
import Primitives

/// Goes through an archive from its beginning, or on from where somebody was, and checks everything on the way: each segment,
/// that it follows on the one before, each record, and that it follows on the block before.
///
/// Bounded in memory by one segment and one chunk of it.
public struct ArchiveWalk {
  private let archive: Archive
  /// The segments that are still to come, the last first.
  private var rest: [SegmentName]
  /// Where the walk has come to; `nil` at the beginning of the chain.
  public private(set) var end: ArchiveEnd?
  private var previous: SegmentName?

  /// - Parameters:
  ///   - segments: those of ``Archive/segments()``.
  ///   - end: where the walk begins: with the segment whose first block is the next.
  public init(_ archive: Archive, _ segments: [SegmentName], after end: ArchiveEnd? = nil) {
    self.archive = archive
    self.end = end
    let last = end?.last ?? 0
    rest = segments.filter { $0.first > last }.reversed()
    previous = segments.last { $0.last <= last }
  }

  /// Reads and checks the next segment, and gives `body` its records, a chunk at a time; `nil` after the last.
  public mutating func next(
    _ body: ([RawRecord]) throws(ArchiveError) -> Void = { _ throws(ArchiveError) in }
  ) throws(ArchiveError) -> Segment? {
    guard let name = rest.popLast() else { return nil }
    let segment = try archive.segment(name)
    let header = segment.header
    if let end, header.chain != end.chain {
      throw .otherChain(file: name.description, found: header.chain, expected: end.chain)
    }
    guard header.previousDigest == end?.digest ?? .zero, header.parentHash == end?.hash ?? header.chain.genesisHash
    else {
      throw .notLinked(file: name.description, previous: previous?.description)
    }
    var parentHash = header.parentHash
    for chunk in segment.chunks.indices { try body(try segment.records(of: chunk, after: &parentHash)) }
    end = segment.end
    previous = name
    return segment
  }
}
