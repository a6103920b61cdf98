import Batches
import Primitives

/// The requests of the chain's batches in order: read once, and kept as far back as L1 may still ask for.
///
/// A long chain has millions; what is behind a ``Mark`` is not read again after a restart, and not kept.
struct RequestHistory: Sendable {
  /// A place between two batches.
  struct Mark: Hashable, Sendable {
    /// The last batch in front of it.
    var batch: UInt64
    /// The hash of that batch, so that a mark of other batches is found out.
    var hash: Bytes32
    var left: RequestTree.Left

    /// The place before the first batch.
    static func start(_ genesis: Bytes32) -> Mark { Mark(batch: 0, hash: genesis, left: RequestTree.Left()) }
  }

  private var tree: RequestTree
  /// The batch in front of those that are known.
  private var first: UInt64
  /// How many requests there are up to each batch from ``first`` on.
  private var ends: [Int]
  /// The last mark that was made.
  private var mark: Mark

  init(after mark: Mark) {
    tree = RequestTree(after: mark.left)
    first = mark.batch
    ends = [mark.left.count]
    self.mark = mark
  }

  /// The batch whose requests are to be added next.
  var next: UInt64 { first &+ UInt64(ends.count) }

  /// Whether batches from `number` on can be asked for.
  func covers(_ number: UInt64) -> Bool { number > first }

  mutating func append(_ hashes: [Bytes32]) {
    for hash in hashes { tree.append(hash) }
    ends.append(tree.count)
  }

  /// The requests of consecutive batches with the way to the root after the last of them; `nil` where they are not known.
  ///
  /// - Parameter counts: how many each has.
  mutating func ranges(of batches: ClosedRange<UInt64>, counts: [UInt64]) -> [RequestRange]? {
    guard covers(batches.lowerBound), batches.upperBound < next else { return nil }
    var start = ends[Int(batches.lowerBound - first) - 1]
    let end = ends[Int(batches.upperBound - first)]
    var ranges: [RequestRange] = []
    for count in counts {
      guard count > 0 else {
        ranges.append(RequestRange())
        continue
      }
      guard count <= UInt64(clamping: end - start),
        let range = tree.proof(of: start..<start + Int(clamping: count), end: end)
      else { return nil }
      ranges.append(range)
      start += range.hashes.count
    }
    return ranges
  }

  /// Called when the batches up to one are done with, as far as anybody knows: makes a mark there every `interval`
  /// batches and forgets what is in front of the mark before, which a reorganisation of L1 hardly reaches.
  ///
  /// - Returns: the mark to go on from after a restart, when it is another one.
  mutating func pass(_ number: UInt64, _ hash: Bytes32, interval: UInt64) -> Mark? {
    guard number >= mark.batch &+ interval, number < next, covers(number),
      let left = tree.left(of: ends[Int(number - first)])
    else { return nil }
    let old = mark
    mark = Mark(batch: number, hash: hash, left: left)
    guard old.batch > first else { return nil }
    tree.drop(before: old.left)
    ends.removeFirst(Int(old.batch - first))
    first = old.batch
    return old
  }
}

// The form on disk; numbers big-endian.

extension RequestHistory.Mark {
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(bigEndian: batch)
    bytes.append(hash)
    return bytes + left.encoded
  }

  /// Reads ``encoded``; `nil` for bytes that are something else.
  init?(decoding bytes: ArraySlice<UInt8>) {
    var reader = ByteReader(bytes)
    guard let batch: UInt64 = reader.bigEndian(), let hash = reader.bytes32(),
      let left = RequestTree.Left(&reader), reader.remaining == 0
    else { return nil }
    self.init(batch: batch, hash: hash, left: left)
  }
}
