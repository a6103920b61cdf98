import Concurrency
import Primitives
import RocksDB
import Transactions

/// Goes through the blocks of a range that may have logs like those of a filter.
///
/// The index says which blocks have a term. It is asked for a window of blocks at a time, a bit for each, so that a search
/// takes about the same memory however many blocks and logs there are: the blocks of one group of terms are read off, of one
/// with few of them where there is such, and those that the other groups do not have are left out. What is not indexed is
/// looked for by the blooms of the headers.
///
/// Belongs to one thread at a time.
public final class LogSearch {
  /// Blocks in a window, and in one after windows in which there was little.
  private static let window: UInt64 = 1 << 16, largestWindow: UInt64 = 1 << 19
  /// Blocks of a group, of which there are few in a window.
  private static let few = 64

  private let store: BlockStore
  private let filter: LogFilter
  private let groups: [[LogTerm]]
  private let last: UInt64
  private let indexed: Range<UInt64>
  private var position: UInt64
  /// Candidates of the current window, ascending, and where the next window begins.
  private var found: ArraySlice<UInt64> = []
  private var window = LogSearch.window

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
    let end = min(last, indexed.upperBound - 1, start + (window - 1))
    let (blocks, isSparse) = try candidates(start...end, cancellation)
    found = blocks[...]
    window = isSparse ? min(2 * window, Self.largestWindow) : Self.window
    position = end + 1
    return found.popFirst().map { .block($0) } ?? .through(end)
  }

  /// The blocks that have a term of each group, and whether one of the groups has few blocks in the window.
  private func candidates(
    _ blocks: ClosedRange<UInt64>, _ cancellation: Cancellation?
  ) throws(StorageError) -> (blocks: [UInt64], isSparse: Bool) {
    var rare: Int?
    for (index, terms) in groups.enumerated() where rare == nil {
      if try isRare(terms, blocks, cancellation) { rare = index }
    }
    let first = rare ?? 0
    var set = BlockSet(blocks)
    for term in groups[first] {
      try store.forEachBlock(of: term, blocks, cancellation) { block in
        set.insert(block)
        return true
      }
    }
    var found = set.members
    for (index, terms) in groups.enumerated() where index != first && !found.isEmpty {
      var kept = BlockSet(blocks)
      for term in terms { try store.forEachBlock(of: term, among: found, cancellation) { kept.insert($0) } }
      found = kept.members
    }
    return (found, rare != nil)
  }

  /// Whether some terms have few blocks in a range.
  private func isRare(
    _ terms: [LogTerm], _ blocks: ClosedRange<UInt64>, _ cancellation: Cancellation?
  ) throws(StorageError) -> Bool {
    var count = 0
    for term in terms {
      try store.forEachBlock(of: term, blocks, cancellation) { _ in
        count += 1
        return count <= Self.few
      }
      if count > Self.few { return false }
    }
    return true
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

  /// Those outside of the range are passed over.
  mutating func insert(_ block: UInt64) {
    guard block >= first, block - first < UInt64(words.count) * 64 else { return }
    words[Int((block - first) / 64)] |= 1 << ((block - first) % 64)
  }

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
