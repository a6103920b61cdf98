import Concurrency
import Primitives
import RocksDB
import Synchronization
import Telemetry
import Transactions

/// The blocks that clients may see, with their transactions and receipts.
///
/// ``publish(_:)`` is the moment in which a block becomes visible; the newest blocks are in memory, where most questions
/// are answered, and ``flushNext()`` writes them. Writes are not synced, as for the state: what a crash of the machine
/// takes is made again from the replay log.
public final class BlockStore: Sendable {
  static let name = "block store"

  private struct Recent {
    /// Published and not on disk, ascending, and before them some that are.
    var blocks: [Block] = []
    /// Those at the front of `blocks` that are on disk.
    var flushedCount = 0
    var numbers: [Bytes32: UInt64] = [:]
    var locations: [Bytes32: TransactionLocation] = [:]
    var flushed: StoreHead

    /// The block with this number, if it is in memory.
    func block(_ number: UInt64) -> Block? {
      guard let first = blocks.first?.number, number >= first, number - first < UInt64(blocks.count) else { return nil }
      return blocks[Int(number - first)]
    }
  }

  let database: Database
  private let headers: Column
  private let bodies: Column
  private let receipts: Column
  private let numbers: Column
  private let locations: Column
  /// Which blocks have logs with an address or topic, see ``LogTerm``; `nil` where an earlier version's store is only read.
  let logTerms: Column?
  /// The head, and to which chain the stores belong.
  let meta: Column
  private let recent: Mutex<Recent>
  private let headNumber: Atomic<UInt64>
  /// How often the newest blocks were taken back.
  private let rewinds = Atomic<UInt64>(0)
  /// The first block whose logs are indexed.
  private let firstIndexed: Atomic<UInt64>
  /// How many blocks that are on disk stay in memory.
  private let retained: Int
  private let metrics: ChainStorageMetrics

  /// Opens the store in the directory `path`, or creates it with block 0.
  ///
  /// - Parameters:
  ///   - genesis: `nil` where only a store that exists is opened, whatever its block 0.
  ///   - readOnly: opens without the lock, and takes no blocks.
  public init(
    path: String, genesis: Block?, readOnly: Bool = false, retained: Int = 64,
    metrics: ChainStorageMetrics = ChainStorageMetrics(MetricsRegistry())
  ) throws(StorageError) {
    self.metrics = metrics
    self.retained = retained
    // Looked up by number, which is always there: a filter would be of no use.
    let byNumber = ["headers", "bodies", "receipts"].map { name in
      var options = ColumnOptions(name)
      options.bloomBitsPerKey = 0
      options.blockBytes = 16 << 10
      return options
    }
    var terms = ColumnOptions("log_terms")
    terms.writeBufferBytes = 32 << 20
    let columns = byNumber + ["numbers", "locations", "meta"].map { ColumnOptions($0) } + [terms]
    var options = DatabaseOptions()
    options.readOnly = readOnly
    options.createIfMissing = genesis != nil
    let opened = try stored { () throws(RocksDBError) in
      try Database(path: path, columns: columns, options: options)
    }
    database = opened
    headers = try stored { () throws(RocksDBError) in try opened.column("headers") }
    bodies = try stored { () throws(RocksDBError) in try opened.column("bodies") }
    receipts = try stored { () throws(RocksDBError) in try opened.column("receipts") }
    numbers = try stored { () throws(RocksDBError) in try opened.column("numbers") }
    locations = try stored { () throws(RocksDBError) in try opened.column("locations") }
    meta = try stored { () throws(RocksDBError) in try opened.column("meta") }
    logTerms = try? opened.column("log_terms")

    let known = try StoreHead.read(meta, store: Self.name)
    guard let head = known ?? genesis.map({ StoreHead(number: 0, hash: $0.hash) }) else {
      throw .corrupt(store: Self.name, key: "head")
    }
    recent = Mutex(Recent(flushed: head))
    headNumber = Atomic(head.number)
    // A store of an earlier version is indexed from here on, and what is older bit by bit.
    firstIndexed = Atomic(known == nil ? 0 : head.number + 1)
    if let first = try readIndexedFrom() { setIndexStart(first) }
    if known == nil, let genesis {
      guard genesis.number == 0 else {
        throw .notContiguous(store: Self.name, expected: 0, given: genesis.number)
      }
      try write(genesis, sync: true)
    } else if let genesis, let first = try self.header(0)?.hash, first != genesis.hash {
      throw .otherGenesis(store: Self.name, stored: first, configured: genesis.hash)
    }
    metrics.memory.watch(opened, as: .blocks)
    metrics.persistedBlock.set(head.number)
  }

  var indexStart: UInt64 { firstIndexed.load(ordering: .acquiring) }

  func setIndexStart(_ block: UInt64) { firstIndexed.store(block, ordering: .releasing) }

  /// The newest visible block.
  public var head: UInt64 { headNumber.load(ordering: .acquiring) }

  /// The last block on disk, and its hash.
  public var flushed: (number: UInt64, hash: Bytes32) {
    let head = recent.withLock { $0.flushed }
    return (head.number, head.hash)
  }

  // MARK: Writing

  /// Makes the next block visible.
  public func publish(_ block: Block) throws(StorageError) {
    var stopwatch = Stopwatch()
    defer { metrics.blockPublished(transactions: block.transactions.count, time: stopwatch.lap()) }
    try recent.withLock { (recent) throws(StorageError) in
      let expected = headNumber.load(ordering: .relaxed) + 1
      guard block.number == expected else {
        throw .notContiguous(store: Self.name, expected: expected, given: block.number)
      }
      recent.blocks.append(block)
      recent.numbers[block.hash] = block.number
      for (index, transaction) in block.transactions.enumerated() {
        recent.locations[transaction.hash] = TransactionLocation(block: block.number, index: index)
      }
      headNumber.store(block.number, ordering: .releasing)
      metrics.persistenceLag.set(block.number - recent.flushed.number)
    }
  }

  /// Writes the oldest block that is in memory only; false where there is none. One thread at a time.
  @discardableResult
  public func flushNext() throws(StorageError) -> Bool {
    let next = recent.withLock { $0.flushedCount < $0.blocks.count ? $0.blocks[$0.flushedCount] : nil }
    guard let next else { return false }
    var stopwatch = Stopwatch()
    let bytes = try write(next, sync: false)
    recent.withLock { recent in
      recent.flushedCount += 1
      recent.flushed = StoreHead(number: next.number, hash: next.hash)
      metrics.persistedBlock.set(next.number)
      metrics.persistenceLag.set(headNumber.load(ordering: .relaxed) - next.number)
      guard recent.flushedCount > retained else { return }
      let dropped = recent.blocks.removeFirst()
      recent.flushedCount -= 1
      recent.numbers[dropped.hash] = nil
      for transaction in dropped.transactions where recent.locations[transaction.hash]?.block == dropped.number {
        recent.locations[transaction.hash] = nil
      }
    }
    metrics.blockFlushed(transactions: next.transactions.count, bytes: bytes, time: stopwatch.lap())
    return true
  }

  /// Returns the bytes of keys and values.
  @discardableResult
  private func write(_ block: Block, sync: Bool) throws(StorageError) -> Int {
    let batch = WriteBatch()
    let key = blockKey(block.number)
    batch.put(headers, key, StoredHeader.encode(block))
    batch.put(bodies, key, Table.encode(block.transactions.map(\.storedBytes)))
    batch.put(receipts, key, Table.encode(block.receipts.map(\.storedBytes)))
    batch.put(numbers, block.hash.bytes, [storedFormat] + key)
    for (index, transaction) in block.transactions.enumerated() {
      batch.put(locations, transaction.hash.bytes, [storedFormat] + key + blockKey(UInt64(index)))
    }
    index(block.receipts, of: block.number, in: batch)
    if block.number == indexStart { noteIndexed(from: block.number, in: batch) }
    batch.put(meta, StoreHead.key, StoreHead(number: block.number, hash: block.hash).encoded)
    try stored { () throws(RocksDBError) in try database.write(batch, sync: sync) }
    return batch.byteCount
  }

  /// How often blocks were taken back: what is known by a number alone is another block then.
  public var rewindCount: UInt64 { rewinds.load(ordering: .acquiring) }

  /// Blocks that are taken back with one write.
  private static let truncatedAtOnce: UInt64 = 256

  /// Makes `number` the newest block again; its hash. All blocks are on disk. Ended on the way, what is left is a store that
  /// ends at some block between.
  func truncate(to number: UInt64) throws(StorageError) -> Bytes32 {
    var last = head
    guard let target = try header(number)?.hash else { throw .unknownBlock(number) }
    guard number < last else { return target }
    // Readers first: what they are told of is there.
    headNumber.store(number, ordering: .releasing)
    rewinds.add(1, ordering: .releasing)
    while last > number {
      let next = max(number, last - min(last, Self.truncatedAtOnce))
      let batch = WriteBatch()
      var dropped: [Block] = []
      for number in next + 1...last {
        guard let block = try storedBlock(number) else { throw .corrupt(store: Self.name, key: "block \(number)") }
        dropped.append(block)
        for column in [headers, bodies, receipts] { batch.delete(column, blockKey(number)) }
        batch.delete(numbers, block.hash.bytes)
        for transaction in block.transactions { batch.delete(locations, transaction.hash.bytes) }
        if let logTerms { for term in LogTerm.all(in: block.receipts) { batch.delete(logTerms, term.key(number)) } }
      }
      guard let hash = next == number ? target : try storedBlock(next)?.hash else { throw .unknownBlock(next) }
      let head = StoreHead(number: next, hash: hash)
      batch.put(meta, StoreHead.key, head.encoded)
      try stored { () throws(RocksDBError) in try database.write(batch, sync: true) }
      recent.withLock { recent in
        recent.blocks.removeAll { $0.number > next }
        recent.flushedCount = recent.blocks.count
        recent.flushed = head
        for block in dropped {
          recent.numbers[block.hash] = nil
          for transaction in block.transactions { recent.locations[transaction.hash] = nil }
        }
      }
      last = next
    }
    if indexStart > number + 1 { setIndexStart(number + 1) }
    metrics.persistedBlock.set(number)
    return target
  }

  /// Makes everything written durable, for a clean stop.
  public func sync() throws(StorageError) { try stored { () throws(RocksDBError) in try database.sync() } }

  /// Writes a copy of what is on disk, see ``ReplayLog/checkpoint(to:)``.
  public func checkpoint(to path: String) throws(StorageError) {
    try stored { () throws(RocksDBError) in try database.checkpoint(to: path) }
  }

  // MARK: Reading

  /// A whole block; `nil` for one that is not visible.
  public func block(_ number: UInt64) throws(StorageError) -> Block? {
    number <= head ? try storedBlock(number) : nil
  }

  private func storedBlock(_ number: UInt64) throws(StorageError) -> Block? {
    if let block = recent.withLock({ $0.block(number) }) { return block }
    guard let summary = try storedHeader(number) else { return nil }
    let transactions = try table(bodies, number, decode: { RecoveredTransaction(storedBytes: $0) })
    let receipts = try table(receipts, number, decode: { try? BlockReceipt(storedBytes: $0) })
    guard let transactions, let receipts, transactions.count == receipts.count else {
      throw .corrupt(store: Self.name, key: "block \(number)")
    }
    return Block(header: summary.header, hash: summary.hash, transactions: transactions, receipts: receipts)
  }

  /// A header and what is said of the block besides; `nil` for a block that is not visible.
  public func header(_ number: UInt64) throws(StorageError) -> BlockSummary? {
    number <= head ? try storedHeader(number) : nil
  }

  private func storedHeader(_ number: UInt64) throws(StorageError) -> BlockSummary? {
    if let block = recent.withLock({ $0.block(number) }) { return block.summary }
    guard let value = try value(headers, blockKey(number)) else { return nil }
    if let format = value.first, format != StoredHeader.format, format != StoredHeader.firstFormat {
      throw .unknownFormat(store: Self.name, version: format)
    }
    guard var summary = StoredHeader.decode(value) else {
      throw .corrupt(store: Self.name, key: "header \(number)")
    }
    // An earlier version has not written it down.
    if summary.gasUsed == nil { summary.gasUsed = try storedReceipts(number)?.last?.receipt.cumulativeGasUsed ?? 0 }
    return summary
  }

  /// The bloom of a block's logs; `nil` for a block that is not visible.
  public func bloom(_ number: UInt64) throws(StorageError) -> Bloom? {
    guard number <= head else { return nil }
    if let block = recent.withLock({ $0.block(number) }) { return block.bloom }
    guard let value = try value(headers, blockKey(number)) else { return nil }
    guard let bloom = StoredHeader.bloom(value) else { throw .corrupt(store: Self.name, key: "header \(number)") }
    return bloom
  }

  /// The number of a block with this hash; `nil` where none is visible.
  public func number(of hash: Bytes32) throws(StorageError) -> UInt64? {
    if let number = recent.withLock({ $0.numbers[hash] }) { return number }
    guard let value = try value(numbers, hash.bytes) else { return nil }
    let bytes = try payload(value, store: Self.name, key: "block \(hash)")
    guard let number = UInt64(bigEndianBytes: bytes) else { throw .corrupt(store: Self.name, key: "block \(hash)") }
    return visible(number)
  }

  /// Where the transaction with this hash is; `nil` where it is in no visible block.
  public func location(of hash: Bytes32) throws(StorageError) -> TransactionLocation? {
    if let location = recent.withLock({ $0.locations[hash] }) { return location }
    guard let value = try value(locations, hash.bytes) else { return nil }
    var reader = ByteReader(try payload(value, store: Self.name, key: "transaction \(hash)"))
    guard let block: UInt64 = reader.bigEndian(), let position: UInt64 = reader.bigEndian(), reader.remaining == 0,
      let index = Int(exactly: position)
    else { throw .corrupt(store: Self.name, key: "transaction \(hash)") }
    return visible(block).map { TransactionLocation(block: $0, index: index) }
  }

  /// The hash of a block that is in memory.
  public func residentHash(_ number: UInt64) -> Bytes32? {
    guard number <= head else { return nil }
    return recent.withLock { $0.block(number)?.hash }
  }

  /// The block of a transaction, and its place there, where that is in memory.
  public func residentBlock(of transaction: Bytes32) -> (block: Block, index: Int)? {
    recent.withLock { recent in
      guard let location = recent.locations[transaction], let block = recent.block(location.block),
        block.transactions.indices.contains(location.index), block.receipts.indices.contains(location.index)
      else { return nil }
      return (block, location.index)
    }
  }

  /// The transaction and receipt at a location; `nil` where there is none.
  public func transaction(
    at location: TransactionLocation
  ) throws(StorageError) -> (transaction: RecoveredTransaction, receipt: BlockReceipt)? {
    guard location.block <= head else { return nil }
    if let block = recent.withLock({ $0.block(location.block) }) {
      guard block.transactions.indices.contains(location.index) else { return nil }
      return (block.transactions[location.index], block.receipts[location.index])
    }
    let transaction = try entry(bodies, location) { RecoveredTransaction(storedBytes: $0) }
    let receipt = try entry(receipts, location) { try? BlockReceipt(storedBytes: $0) }
    guard let transaction, let receipt else { return nil }
    return (transaction, receipt)
  }

  /// The receipts of a block; `nil` for one that is not visible.
  public func receipts(_ number: UInt64) throws(StorageError) -> [BlockReceipt]? {
    number <= head ? try storedReceipts(number) : nil
  }

  private func storedReceipts(_ number: UInt64) throws(StorageError) -> [BlockReceipt]? {
    if let block = recent.withLock({ $0.block(number) }) { return block.receipts }
    return try table(receipts, number, decode: { try? BlockReceipt(storedBytes: $0) })
  }

  /// The database may hold blocks that are not published again yet, while a restarted node catches up.
  private func visible(_ number: UInt64) -> UInt64? { number <= head ? number : nil }

  private func value(_ column: Column, _ key: [UInt8]) throws(StorageError) -> [UInt8]? {
    try stored { () throws(RocksDBError) in try column.value(key) }
  }

  private func table<T>(
    _ column: Column, _ number: UInt64, decode: (ArraySlice<UInt8>) -> T?
  ) throws(StorageError) -> [T]? {
    guard let value = try value(column, blockKey(number)) else { return nil }
    let table = try payload(value, store: Self.name, key: "block \(number)")
    guard let count = Table.count(table) else { throw .corrupt(store: Self.name, key: "block \(number)") }
    var entries: [T] = []
    for index in 0..<count {
      guard let entry = Table.entry(table, index).flatMap(decode) else {
        throw .corrupt(store: Self.name, key: "block \(number), entry \(index)")
      }
      entries.append(entry)
    }
    return entries
  }

  private func entry<T>(
    _ column: Column, _ location: TransactionLocation, decode: (ArraySlice<UInt8>) -> T?
  ) throws(StorageError) -> T? {
    guard let value = try value(column, blockKey(location.block)) else { return nil }
    let table = try payload(value, store: Self.name, key: "block \(location.block)")
    guard let count = Table.count(table) else { throw .corrupt(store: Self.name, key: "block \(location.block)") }
    guard location.index >= 0, location.index < count else { return nil }
    guard let entry = Table.entry(table, location.index).flatMap(decode) else {
      throw .corrupt(store: Self.name, key: "block \(location.block), entry \(location.index)")
    }
    return entry
  }
}
