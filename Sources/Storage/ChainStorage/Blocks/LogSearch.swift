import Concurrency
import Primitives
import RocksDB
import Transactions

/// Goes through the blocks of a range that may have logs like those of a filter.
///
/// The index says which blocks have a term. It is asked for a window of blocks at a time, a bit for each, so that a search
/// takes the same memory however many blocks and logs there are: the blocks of the first group of terms are read off, and
/// those that the other groups do not have are left out. What is not indexed is looked for by the blooms of the headers.
///
/// Belongs to one thread at a time.
public final class LogSearch {
  /// Blocks in a window.
  private static let window: UInt64 = 1 << 16
  /// As few blocks are asked for one by one, not read off.
  private static let few = 64

  private let store: BlockStore
  private let filter: LogFilter
  private let groups: [[LogTerm]]
  private let last: UInt64
  private let indexed: Range<UInt64>
  private var position: UInt64
  /// Candidates of the current window, ascending, and where the next window begins.
  private var found: ArraySlice<UInt64> = []

  init(_ store: BlockStore, _ filter: LogFilter, _ range: ClosedRange<UInt64>, indexed: Range<UInt64>) {
    self.store = store
    self.filter = filter
    groups = filter.terms
    position = range.lowerBound
    last = range.upperBound
    self.indexed = groups.isEmpty ? 0..<0 : indexed
  }

  /// A block that is to be looked at, or how far the search has come.
  public enum Step: Sendable, Equatable {
    case block(UInt64)
    /// Nothing up to this block: for whoever wants to give up, or to say how far it is.
    case through(UInt64)
    case end
  }

  /// The next step. It is over soon once `cancellation` is, and then says nothing.
  public func next(_ cancellation: Cancellation? = nil) throws(StorageError) -> Step {
    if let block = found.popFirst() { return .block(block) }
    guard position <= last else { return .end }
    guard indexed.contains(position) else {
      let block = position
      position += 1
      guard let bloom = try store.bloom(block) else { return .end }
      // An empty one tells even where every log is asked for.
      return bloom != Bloom() && filter.mayMatch(bloom) ? .block(block) : .through(block)
    }
    let start = position
    let end = min(last, indexed.upperBound - 1, start + (Self.window - 1))
    found = try candidates(start...end, cancellation)[...]
    position = end + 1
    return found.popFirst().map { .block($0) } ?? .through(end)
  }

  private func candidates(
    _ blocks: ClosedRange<UInt64>, _ cancellation: Cancellation?
  ) throws(StorageError) -> [UInt64] {
    var set = BlockSet(blocks)
    for (index, terms) in groups.enumerated() {
      if index > 0, set.count <= Self.few {
        let known = set.members
        set = BlockSet(blocks)
        for block in known where try store.has(terms, block) { set.insert(block) }
      } else {
        var others = BlockSet(blocks)
        for term in terms { try store.forEachBlock(of: term, blocks, cancellation) { others.insert($0) } }
        if index == 0 { set = others } else { set.intersect(others) }
      }
      if set.count == 0 { break }
    }
    return set.members
  }
}

/// Some blocks of a range, a bit for each.
private struct BlockSet {
  private let first: UInt64
  private var words: [UInt64]

  init(_ blocks: ClosedRange<UInt64>) {
    first = blocks.lowerBound
    words = [UInt64](repeating: 0, count: (blocks.count + 63) / 64)
  }

  var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// Those outside of the range are passed over.
  mutating func insert(_ block: UInt64) {
    guard block >= first, block - first < UInt64(words.count) * 64 else { return }
    words[Int((block - first) / 64)] |= 1 << ((block - first) % 64)
  }

  mutating func intersect(_ other: BlockSet) { for index in words.indices { words[index] &= other.words[index] } }

  var members: [UInt64] {
    var members: [UInt64] = []
    for (index, word) in words.enumerated() {
      var rest = word
      while rest != 0 {
        members.append(first + UInt64(index) * 64 + UInt64(rest.trailingZeroBitCount))
        rest &= rest - 1
      }
    }
    return members
  }
}
