import ChainStorage
import Primitives

/// The replay records of a chain beside its node: segments without gap from block 1 on, each of which names the digest of the
/// one before.
public struct Archive: Sendable {
  let store: any ArchiveStore

  /// - Parameter store: where the segments are.
  public init(_ store: any ArchiveStore) { self.store = store }

  /// The segments in their order, as their names tell: the first begins with block 1, and each with the block after the one
  /// before.
  public func segments() throws(ArchiveError) -> [SegmentName] {
    var names: [SegmentName] = []
    for text in try store.names() {
      guard let name = SegmentName(text) else { throw .badName(file: text) }
      names.append(name)
    }
    names.sort { ($0.first, $0.last, $0.hash) < ($1.first, $1.last, $1.hash) }
    var previous: SegmentName?
    for name in names {
      // Numbers that end at the last one there is have none after it.
      let (next, isOver) = (previous?.last ?? 0).addingReportingOverflow(1)
      if let previous, isOver || name.first < next {
        throw .overlap(file: previous.description, other: name.description)
      }
      guard name.first == next else { throw .gap(after: previous?.description, file: name.description) }
      previous = name
    }
    return names
  }

  /// Reads a segment and checks it as a whole, and not what its chunks hold.
  func segment(_ name: SegmentName) throws(ArchiveError) -> Segment {
    try Segment(name, try store.read(name.description, limit: SegmentFormat.maxFileBytes))
  }

  /// Where the archive ends; `nil` where there is no segment yet. The last segment is read and checked as a whole.
  func end() throws(ArchiveError) -> ArchiveEnd? {
    guard let last = try segments().last else { return nil }
    return try segment(last).end
  }

  /// Checks that a block is what it is trusted to be, before anything is done with the archive.
  ///
  /// A block's hash says what is in that block. It names no block before it, as headers of this chain have no parent's hash:
  /// that blocks before it are those of the chain follows from executing them, or from the digest of a segment.
  ///
  /// - Parameter segments: those of ``segments()``.
  public func check(_ anchor: ArchiveAnchor, in segments: [SegmentName]) throws(ArchiveError) {
    guard let last = segments.last else { throw .empty(path: store.place) }
    guard let name = segments.first(where: { $0.first...$0.last ~= anchor.number }) else {
      throw .noAnchor(block: anchor.number, last: last.last)
    }
    let segment = try segment(name)
    guard let chunk = segment.chunks.lastIndex(where: { $0.first <= anchor.number }) else { return }
    // The block before a chunk is known only to who has read the chunk before.
    var parentHash = segment.header.parentHash
    for index in 0...chunk {
      for record in try segment.records(of: index, after: &parentHash) where record.number == anchor.number {
        guard record.hash == anchor.hash else {
          throw .otherAnchor(block: anchor.number, archived: record.hash, expected: anchor.hash)
        }
      }
    }
  }
}

/// A block that somebody trusts to be of the chain: seen on L1, or asked of a node that is trusted.
public struct ArchiveAnchor: Sendable, Equatable {
  /// The number of the block.
  public var number: UInt64
  /// The hash of the block.
  public var hash: Bytes32

  /// - Parameters:
  ///   - number: of the block.
  ///   - hash: of the block.
  public init(number: UInt64, hash: Bytes32) {
    self.number = number
    self.hash = hash
  }

  /// `NUMBER:HASH`, the hash in 64 hexadecimal digits with or without `0x`; `nil` for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = UInt64(parts[0]), number > 0, let hash = Bytes32(hex: parts[1]) else {
      return nil
    }
    self.init(number: number, hash: hash)
  }
}
