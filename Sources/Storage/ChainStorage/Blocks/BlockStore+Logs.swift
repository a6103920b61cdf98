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

  /// Calls `body` with the blocks of a range that have a term, ascending, until somebody cancels.
  func forEachBlock(
    of term: LogTerm, _ blocks: ClosedRange<UInt64>, _ cancellation: Cancellation?, _ body: (UInt64) -> Void
  ) throws(StorageError) {
    guard let logTerms else { return }
    var looked = 0
    let cursor = logTerms.cursor(
      from: term.key(blocks.lowerBound), to: blocks.upperBound == .max ? nil : term.key(blocks.upperBound + 1))
    try stored { () throws(RocksDBError) in
      var more = try cursor.seekToFirst()
      while more {
        if looked & 0xff == 0, cancellation?.isCancelled == true { return }
        looked += 1
        if let block = cursor.withKey({ LogTerm.block(of: $0) }) { body(block) }
        more = try cursor.next()
      }
    }
  }

  /// Whether a block has one of some terms.
  func has(_ terms: [LogTerm], _ block: UInt64) throws(StorageError) -> Bool {
    guard let logTerms else { return false }
    for term in terms {
      if try stored({ () throws(RocksDBError) in try logTerms.value(term.key(block)) }) != nil { return true }
    }
    return false
  }
}
