import Concurrency
import Primitives
import RocksDB
import Transactions

// Finding blocks by their logs.

extension BlockStore {
  /// The note from which block on the index has all: an earlier version has kept none.
  private static let indexedFrom = Array("logs_from".utf8)

  /// Notes that the index begins with a block.
  func noteIndexed(from block: UInt64, in batch: WriteBatch) {
    batch.put(meta, Self.indexedFrom, [storedFormat] + blockKey(block))
  }

  /// The first block of the index; `nil` where there is none yet.
  func readIndexedFrom() throws(StorageError) -> UInt64? {
    guard let value = try stored({ () throws(RocksDBError) in try meta.value(Self.indexedFrom) }) else { return nil }
    return UInt64(bigEndianBytes: try payload(value, store: Self.name, key: "logs_from"))
  }

  func index(_ receipts: [BlockReceipt], of block: UInt64, in batch: WriteBatch) {
    guard let logTerms else { return }
    for term in LogTerm.all(in: receipts) { batch.put(logTerms, term.key(block), []) }
  }

  /// Indexes some of the blocks that an earlier version has stored, from the newest on; whether there were any. Called by
  /// whoever writes blocks.
  @discardableResult
  public func indexOlderLogs(atMost count: UInt64) throws(StorageError) -> Bool {
    let first = indexStart
    guard first > 0 else { return false }
    let batch = WriteBatch()
    let start = first - min(first, count)
    for block in start..<first { index(try receipts(block) ?? [], of: block, in: batch) }
    noteIndexed(from: start, in: batch)
    try stored { () throws(RocksDBError) in try database.write(batch, sync: false) }
    setIndexStart(start)
    return true
  }

  /// Begins a search for blocks that may have logs like those of a filter. What is not visible is not found.
  public func search(_ filter: LogFilter, in range: ClosedRange<UInt64>) -> LogSearch {
    LogSearch(self, filter, range, indexed: indexed)
  }

  /// The blocks that the index knows.
  private var indexed: Range<UInt64> {
    let start = indexStart, end = flushed.number + 1
    return logTerms != nil && start < end ? start..<end : 0..<0
  }

  /// Bytes of the files that hold the index.
  public var logIndexBytes: UInt64 { logTerms?.fileBytes ?? 0 }

  /// How many blocks of a range a search for a filter looks at one by one.
  public func unindexed(_ filter: LogFilter, in range: ClosedRange<UInt64>) -> UInt64 {
    let indexed = filter.terms.isEmpty ? 0..<0 : indexed
    let first = max(range.lowerBound, indexed.lowerBound), end = min(range.upperBound &+ 1, indexed.upperBound)
    return range.upperBound - range.lowerBound &+ 1 &- (first < end ? end - first : 0)
  }

  /// Calls `body` with the blocks of a range that have a term, ascending, until it wants no more or somebody cancels.
  func forEachBlock(
    of term: LogTerm, _ blocks: ClosedRange<UInt64>, _ cancellation: Cancellation?, _ body: (UInt64) -> Bool
  ) throws(StorageError) {
    guard let cursor = cursor(over: term, blocks) else { return }
    var looked = 0
    try stored { () throws(RocksDBError) in
      var more = try cursor.seekToFirst()
      while more {
        if looked & 0xff == 0, cancellation?.isCancelled == true { return }
        looked += 1
        if let block = cursor.withKey({ LogTerm.block(of: $0) }), !body(block) { return }
        more = try cursor.next()
      }
    }
  }

  /// Calls `body` with those of some blocks that have a term, ascending, until somebody cancels. The cursor leaps where the
  /// blocks, or those of the term, are far from each other.
  ///
  /// - Parameter known: ascending.
  func forEachBlock(
    of term: LogTerm, among known: [UInt64], _ cancellation: Cancellation?, _ body: (UInt64) -> Void
  ) throws(StorageError) {
    guard let first = known.first, let last = known.last, let cursor = cursor(over: term, first...last) else { return }
    var looked = 0, index = 0
    try stored { () throws(RocksDBError) in
      var more = try cursor.seekToFirst()
      while more, let block = cursor.withKey({ LogTerm.block(of: $0) }) {
        if looked & 0xff == 0, cancellation?.isCancelled == true { return }
        looked += 1
        index = Self.firstIndex(of: known, from: index, notBelow: block)
        guard index < known.count else { return }
        if known[index] == block {
          body(block)
          index += 1
          guard index < known.count else { return }
        }
        more = try Self.move(cursor, of: term, to: known[index])
      }
    }
  }

  /// A step or a few take less time than finding the way anew.
  private static func move(_ cursor: Cursor, of term: LogTerm, to block: UInt64) throws(RocksDBError) -> Bool {
    for _ in 0..<8 {
      guard try cursor.next() else { return false }
      if let next = cursor.withKey({ LogTerm.block(of: $0) }), next >= block { return true }
    }
    return try cursor.seek(term.key(block))
  }

  /// Where the first block that is not below one stands, at or behind an index: with doubled steps, then halved ones.
  private static func firstIndex(of known: [UInt64], from start: Int, notBelow block: UInt64) -> Int {
    var low = start, step = 1
    while low + step < known.count, known[low + step] < block {
      low += step
      step *= 2
    }
    var high = min(low + step, known.count)
    while low < high {
      let middle = low + (high - low) / 2
      if known[middle] < block { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func cursor(over term: LogTerm, _ blocks: ClosedRange<UInt64>) -> Cursor? {
    logTerms?.cursor(
      from: term.key(blocks.lowerBound), to: blocks.upperBound == .max ? nil : term.key(blocks.upperBound + 1))
  }
}
