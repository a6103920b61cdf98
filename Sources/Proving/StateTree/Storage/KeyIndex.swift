import Primitives

/// Finds the leaf of a key, or the leaf with the next smaller key.
///
/// A logarithmic list of sorted runs: the inserts of a block become a small run, and a run is merged with its neighbour
/// when that is not much larger. Since positions are given out in order, each run covers an unbroken range of positions:
/// a past version is the same index with the positions beyond its leaf count left out, and whatever the files lack is
/// rebuilt from the leaves. Long runs live in mapped files, short ones in memory only.
final class KeyIndex {
  /// A run is merged with the next older one until that is this many times longer.
  static let ratio = 8
  /// Runs shorter than this are always merged, so that small blocks do not leave many runs.
  static let smallRun = 8192

  private let fileSystem: any TreeFileSystem
  /// Entries from which a run is written to a file.
  private let fileThreshold: Int
  /// Oldest first: adjoining ranges from 0 on.
  private(set) var runs: [SortedRun] = []

  init(fileSystem: any TreeFileSystem, fileThreshold: Int) {
    self.fileSystem = fileSystem
    self.fileThreshold = fileThreshold
  }

  /// Leaves listed.
  var count: UInt64 { runs.last?.range.upperBound ?? 0 }

  static func prefix(_ key: Bytes32) -> UInt64 { key.w0.bigEndian }

  /// Opens the run files that fit a tree of `leafCount` leaves and removes the others.
  func openFiles(leafCount: UInt64) throws(StateTreeError) {
    var ranges: [Range<UInt64>] = []
    for name in try fileSystem.list() where name.hasPrefix("index-") {
      if let range = SortedRun.range(ofFile: name), range.upperBound <= leafCount {
        ranges.append(range)
      } else {
        try fileSystem.remove(name)
      }
    }
    // The longest run first where several begin at one place: a merged run replaces its parts.
    ranges.sort { ($0.lowerBound, $1.upperBound) < ($1.lowerBound, $0.upperBound) }
    for range in ranges {
      let name = SortedRun.fileName(range)
      if range.lowerBound == count, let run = try SortedRun.open(name, in: fileSystem) {
        runs.append(run)
      } else {
        try fileSystem.remove(name)
      }
    }
  }

  /// Appends the leaves at positions `count ..< count + list.count`; `list` is sorted by prefix.
  ///
  /// Cannot fail: a run that the disk refuses stays in memory, apart from the others, until a later merge.
  func append(_ list: [SortedRun.Entry]) {
    guard !list.isEmpty else { return }
    var run = SortedRun(range: count..<count + UInt64(list.count), copying: list)
    while let last = runs.last, last.count < max(Self.smallRun, Self.ratio * run.count) {
      let isLong = last.count + run.count >= fileThreshold
      guard let merged = isLong ? try? SortedRun.writing(last, run, to: fileSystem) : SortedRun.merging(last, run)
      else { break }
      runs.removeLast()
      // A file that stays behind is recognised and removed when the tree is opened.
      if let name = last.fileName { try? fileSystem.remove(name) }
      if let name = run.fileName { try? fileSystem.remove(name) }
      run = merged
    }
    runs.append(run)
  }

  /// Forgets the positions from `leafCount` on; whole runs go, and `count` tells what is left to be appended again.
  func truncate(to leafCount: UInt64) throws(StateTreeError) {
    while let last = runs.last, last.range.upperBound > leafCount {
      if let name = last.fileName { try fileSystem.remove(name) }
      runs.removeLast()
    }
  }

  // MARK: Look-up

  /// What the prefix of a key says about it, before any leaf is read.
  struct Candidate {
    static let none = UInt64.max

    /// A leaf whose key has this prefix; others may have it too.
    var exact = none
    /// The only leaf with the largest smaller prefix.
    var previous = none
    var previousPrefix: UInt64 = 0
    /// Keys share a prefix, or leaves of later versions are in the way: only `find` can tell.
    var isAmbiguous = false
  }

  /// Looks up many prefixes at once, so that the cache misses of one overlap with those of the others.
  ///
  /// - Parameter pending: work space for as many items as there are prefixes.
  /// - Returns: a number to be used somehow, lest reads ahead be optimised away.
  func candidates(
    _ prefixes: UnsafeBufferPointer<UInt64>, leafCount: UInt64, into result: UnsafeMutableBufferPointer<Candidate>,
    pending: UnsafeMutableBufferPointer<(prefix: UInt64, position: Int)>
  ) -> UInt64 {
    var warmth: UInt64 = 0
    var pendingCount = prefixes.count
    for index in prefixes.indices { pending[index] = (prefixes[index], index) }
    // The oldest run comes first and is by far the longest, so it answers for most keys that exist.
    for run in runs where run.range.lowerBound < leafCount {
      warmth &+= run.warm(UnsafeMutableBufferPointer(rebasing: pending[..<pendingCount]))
      let (entries, count) = (run.entries, run.count)
      var kept = 0
      for item in 0..<pendingCount {
        let (prefix, index) = pending[item]
        let position = run.lowerBound(prefix)
        if position < count, entries[position].prefix == prefix {
          result[index].exact = entries[position].index
          // One of several: which of them is the key, or that none is, the leaves tell. So no further run is asked.
          if entries[position].index >= leafCount || position &+ 1 < count && entries[position &+ 1].prefix == prefix {
            result[index].isAmbiguous = true
          }
          continue
        }
        pending[kept] = (prefix, index)
        kept &+= 1
        guard position > 0 else { continue }
        let before = entries[position &- 1]
        if before.index >= leafCount || position > 1 && entries[position &- 2].prefix == before.prefix {
          result[index].isAmbiguous = true
        } else if result[index].previous == Candidate.none || before.prefix > result[index].previousPrefix {
          result[index].previous = before.index
          result[index].previousPrefix = before.prefix
        } else if before.prefix == result[index].previousPrefix {
          result[index].isAmbiguous = true
        }
      }
      pendingCount = kept
    }
    return warmth
  }

  /// Looks up a key among the first `leafCount` leaves.
  ///
  /// - Returns: the position of the key and its leaf, or the position and leaf of the largest key below it.
  func find(_ key: Bytes32, leafCount: UInt64, in store: SubtreeStore) throws(StateTreeError)
    -> (index: UInt64, leaf: TreeLeaf)
  {
    let prefix = Self.prefix(key)
    var bestPrefix: UInt64 = 0
    var best: UInt64?
    for run in runs where run.range.lowerBound < leafCount {
      var position = run.lowerBound(prefix)
      // Entries that share the first eight bytes.
      var tie = position
      while tie < run.count, run.entries[tie].prefix == prefix {
        let index = run.entries[tie].index
        if index < leafCount {
          let leaf = try store.leaf(index)
          if leaf.key == key { return (index, leaf) }
          if leaf.key < key { try consider(index, prefix) }
        }
        tie &+= 1
      }
      // Going back to the first entry of this version; then through those that share its first eight bytes.
      var candidatePrefix: UInt64?
      while position > 0 {
        position &-= 1
        let entry = run.entries[position]
        if let candidatePrefix, entry.prefix != candidatePrefix { break }
        guard entry.index < leafCount else { continue }
        if entry.prefix < bestPrefix, best != nil { break }
        candidatePrefix = entry.prefix
        try consider(entry.index, entry.prefix)
      }
    }
    func consider(_ index: UInt64, _ prefix: UInt64) throws(StateTreeError) {
      if let current = best {
        if prefix < bestPrefix { return }
        if prefix == bestPrefix, try store.leaf(index).key < store.leaf(current).key { return }
      }
      (best, bestPrefix) = (index, prefix)
    }
    guard let best else { throw .corrupted(file: "index", detail: "no key below \(key)") }
    return (best, try store.leaf(best))
  }
}
