import Concurrency
import Files
import Primitives
import RocksDB
import Synchronization
import Telemetry
import ZKsyncOS

/// The blocks of the chain in the form that reproduces them: the one store that cannot be rebuilt from another.
///
/// ``append(_:)`` returns once its records are on the device. Numbers are contiguous from 1; nothing is overwritten.
///
/// A record holds the hashes of 256 earlier blocks, which the log has anyway: where they agree they are not written a
/// second time, which spares eight kilobytes per block. It carries a checksum of its own, which is looked at whenever it is
/// read: RocksDB's cover its files, and not what comes between them and us.
public final class ReplayLog: Sendable {
  static let name = "replay log"

  struct Tip {
    var number: UInt64
    /// What the next block sees as hashes of those before it.
    var hashes: BlockHashes
  }

  let database: Database
  let records: Column
  /// Hashes by number, from the genesis block on.
  let hashes: Column
  let tip: Mutex<Tip>
  private let contexts = Mutex(RecentContexts())
  let lastNumber: Atomic<UInt64>
  private let metrics: ChainStorageMetrics

  /// Opens or creates the log in the directory `path`. `genesisHash` is that of block 0, which has no record.
  ///
  /// - Parameters:
  ///   - genesisHash: `nil` where only a log that exists is opened, whatever its genesis.
  ///   - readOnly: opens without the lock, and takes no records.
  public init(
    path: String, genesisHash: Bytes32?, readOnly: Bool = false,
    metrics: ChainStorageMetrics = ChainStorageMetrics(MetricsRegistry())
  ) throws(StorageError) {
    self.metrics = metrics
    var options = DatabaseOptions()
    options.readOnly = readOnly
    options.createIfMissing = genesisHash != nil
    options.logRecovery = .strict
    options.blockCacheBytes = 8 << 20
    var recordOptions = ColumnOptions("records")
    recordOptions.bloomBitsPerKey = 0
    recordOptions.blockBytes = 16 << 10
    let columns = [recordOptions, ColumnOptions("hashes")]
    database = try stored { () throws(RocksDBError) in
      try Database(path: path, columns: columns, options: options)
    }
    let opened = database
    records = try stored { () throws(RocksDBError) in try opened.column("records") }
    hashes = try stored { () throws(RocksDBError) in try opened.column("hashes") }

    if let known = try Self.hash(of: 0, in: hashes) {
      if let genesisHash, known != genesisHash {
        throw .otherGenesis(store: Self.name, stored: known, configured: genesisHash)
      }
    } else {
      guard let genesisHash else { throw .corrupt(store: Self.name, key: "genesis") }
      let column = hashes
      try stored { () throws(RocksDBError) in
        try column.put(blockKey(0), [storedFormat] + genesisHash.bytes, sync: true)
      }
    }
    let last = try Self.lastNumber(hashes)
    lastNumber = Atomic(last)
    tip = Mutex(Tip(number: last, hashes: try Self.hashes(before: last + 1, in: hashes)))
    metrics.memory.watch(opened, as: .log)
  }

  /// The number of the last block; 0 where there is only genesis.
  public var last: UInt64 { lastNumber.load(ordering: .acquiring) }

  /// The hashes that the block after the last sees.
  public var nextBlockHashes: BlockHashes { tip.withLock { $0.hashes } }

  /// Appends the next blocks, one after the other, and returns when all of them are durable: none of them where it throws.
  public func append(_ records: [ReplayRecord]) throws(StorageError) {
    guard !records.isEmpty else { return }
    var stopwatch = Stopwatch()
    defer { metrics.appendRecord.observe(nanoseconds: stopwatch.lap()) }
    try append(records) { (record, tip) throws(StorageError) in
      var lean = record
      var source = StoredRecord.HashSource.record
      if record.context.blockHashes == tip.hashes {
        lean.context.blockHashes = BlockHashes()
        source = .log
      }
      let number = record.context.number
      return RawRecord(
        number: number, hash: record.blockHash, value: StoredRecord.encode(number, source, lean.encode()))
    }
  }

  /// Appends blocks that `encode` gives the form in which they lie here, after what is there then.
  func append<Record>(
    _ records: [Record], _ encode: (Record, Tip) throws(StorageError) -> RawRecord
  ) throws(StorageError) {
    guard !records.isEmpty else { return }
    try tip.withLock { (tip) throws(StorageError) in
      var next = tip
      let batch = WriteBatch()
      for record in records {
        let raw = try encode(record, next)
        guard raw.number == next.number + 1 else {
          throw .notContiguous(store: Self.name, expected: next.number + 1, given: raw.number)
        }
        batch.put(self.records, blockKey(raw.number), raw.value)
        batch.put(hashes, blockKey(raw.number), [storedFormat] + raw.hash.bytes)
        next.number = raw.number
        next.hashes = next.hashes.appending(raw.hash)
      }
      try stored { () throws(RocksDBError) in try database.write(batch, sync: true) }
      tip = next
      lastNumber.store(next.number, ordering: .releasing)
    }
  }

  /// Forgets every block after `number`; what the other stores have of them is gone already.
  func truncate(to number: UInt64) throws(StorageError) {
    let column = hashes
    try tip.withLock { (tip) throws(StorageError) in
      guard number < tip.number else { return }
      let batch = WriteBatch()
      for column in [records, hashes] {
        batch.deleteRange(column, from: blockKey(number + 1), to: blockKey(tip.number) + [0])
      }
      try stored { () throws(RocksDBError) in try database.write(batch, sync: true) }
      tip = Tip(number: number, hashes: try Self.hashes(before: number + 1, in: column))
      lastNumber.store(number, ordering: .releasing)
    }
  }

  /// Writes a copy that can be opened on its own into the folder `path`, which does not exist: hard links where the file
  /// system has them.
  public func checkpoint(to path: String) throws(StorageError) {
    try stored { () throws(RocksDBError) in try database.checkpoint(to: path) }
  }

  /// The hash of a block, `nil` where there is none; 0 is genesis.
  public func blockHash(_ number: UInt64) throws(StorageError) -> Bytes32? { try Self.hash(of: number, in: hashes) }

  /// The record of a block; `nil` where there is none.
  public func record(_ number: UInt64) throws(StorageError) -> ReplayRecord? {
    guard let value = try stored({ () throws(RocksDBError) in try records.value(blockKey(number)) }) else { return nil }
    let column = hashes
    return try Self.decode(value, number) { () throws(StorageError) in
      try Self.hashes(before: number, in: column)
    }
  }

  /// What a block was executed in, as its record says, without looking at its transactions; `nil` where there is none. The
  /// newest that were asked for are kept: calls on a block ask for it again and again.
  public func context(_ number: UInt64) throws(StorageError) -> BlockContext? {
    guard let hash = try blockHash(number) else { return nil }
    if let known = contexts.withLock({ $0.value(hash) }) { return known }
    guard let value = try stored({ () throws(RocksDBError) in try records.value(blockKey(number)) }) else { return nil }
    let (source, bytes) = try StoredRecord.decode(value, number)
    var context: BlockContext
    do throws(ReplayRecordError) { context = try ReplayRecord.context(decoding: Array(bytes)) } catch {
      throw .badRecord(block: number, error)
    }
    if source == .log { context.blockHashes = try Self.hashes(before: number, in: hashes) }
    guard context.number == number else { throw .corrupt(store: Self.name, key: "block \(number)") }
    contexts.withLock { $0.keep(context, of: hash) }
    return context
  }

  /// Reads records one after the other, from block `number` (at least 1) to the last that there is now.
  public func records(from number: UInt64) -> ReplayReader { ReplayReader(self, from: max(1, number)) }

  // MARK: Decoding

  static func decode(
    _ value: [UInt8], _ number: UInt64, hashes: () throws(StorageError) -> BlockHashes
  ) throws(StorageError) -> ReplayRecord {
    let (source, bytes) = try StoredRecord.decode(value, number)
    var record: ReplayRecord
    do throws(ReplayRecordError) { record = try ReplayRecord(decoding: Array(bytes)) } catch {
      throw .badRecord(block: number, error)
    }
    if source == .log { record.context.blockHashes = try hashes() }
    guard record.context.number == number else { throw .corrupt(store: name, key: "block \(number)") }
    return record
  }

  private static func hash(of number: UInt64, in column: Column) throws(StorageError) -> Bytes32? {
    guard let value = try stored({ () throws(RocksDBError) in try column.value(blockKey(number)) }) else { return nil }
    guard let hash = Bytes32(try payload(value, store: name, key: "hash \(number)")) else {
      throw .corrupt(store: name, key: "hash \(number)")
    }
    return hash
  }

  private static func lastNumber(_ column: Column) throws(StorageError) -> UInt64 {
    let cursor = column.cursor()
    guard try stored({ () throws(RocksDBError) in try cursor.seekToLast() }) else { return 0 }
    guard let number = cursor.withKey({ UInt64(bigEndianBytes: $0) }) else {
      throw .corrupt(store: name, key: "last hash")
    }
    return number
  }

  /// The hashes of the up to 256 blocks before `number`, newest first.
  private static func hashes(before number: UInt64, in column: Column) throws(StorageError) -> BlockHashes {
    let first = number > 256 ? number - 256 : 0
    let cursor = column.cursor(from: blockKey(first), to: blockKey(number))
    var oldestFirst: [Bytes32] = []
    var more = try stored { () throws(RocksDBError) in try cursor.seekToFirst() }
    while more {
      guard let hash = Bytes32(try payload(cursor.value, store: name, key: "hash")) else {
        throw .corrupt(store: name, key: "hash")
      }
      oldestFirst.append(hash)
      more = try stored { () throws(RocksDBError) in try cursor.next() }
    }
    guard oldestFirst.count == Int(number - first) else { throw .corrupt(store: name, key: "hashes before \(number)") }
    return BlockHashes(newestFirst: oldestFirst.reversed())
  }

  /// A reader over the log as it was when the reader was made. Belongs to one thread.
  public final class ReplayReader {
    private let log: ReplayLog
    private let cursor: Cursor
    private var number: UInt64
    private var hashes: BlockHashes?
    private var started = false

    fileprivate init(_ log: ReplayLog, from number: UInt64) {
      self.log = log
      self.number = number
      cursor = log.records.cursor(from: blockKey(number))
    }

    /// The next record; `nil` after the last. Throws where a block is missing.
    public func next() throws(StorageError) -> ReplayRecord? {
      let cursor = cursor, first = !started
      started = true
      let more = try stored { () throws(RocksDBError) in try first ? cursor.seekToFirst() : cursor.next() }
      guard more else { return nil }
      guard let key = cursor.withKey({ UInt64(bigEndianBytes: $0) }), key == number else {
        throw .corrupt(store: ReplayLog.name, key: "block \(number)")
      }
      let known: BlockHashes
      if let hashes { known = hashes } else { known = try ReplayLog.hashes(before: number, in: log.hashes) }
      let record = try ReplayLog.decode(cursor.value, number) { () throws(StorageError) in known }
      hashes = known.appending(record.blockHash)
      number += 1
      return record
    }
  }
}
