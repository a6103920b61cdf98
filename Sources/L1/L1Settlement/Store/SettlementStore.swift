import Batches
import Primitives
import RocksDB

/// What the way of batches to L1 must not forget: transactions before they are sent, what was seen on L1, and why nothing
/// more is sent.
///
/// A database of its own. Losing it loses no batch: L1 itself says which it has. What is lost is the knowledge which
/// pooled transactions are ours, so that nothing is sent until there are none.
public final class SettlementStore: Sendable {
  /// A block of L1 by number and hash.
  struct Place: Hashable, Sendable {
    var number: UInt64
    var hash: Bytes32
  }

  /// What was known of L1 when it was last looked at.
  struct Known: Hashable, Sendable {
    var totals: BatchTotals
    var safe: UInt64?
    var finalized: UInt64?
  }

  /// The first byte of every stored value.
  private static let format: UInt8 = 1

  private let database: Database
  private let intents: Column
  /// The signed bytes of the last attempt of each intent.
  private let envelopes: Column
  private let progress: Column
  private let meta: Column

  /// Opens or creates the store in the directory `path`.
  ///
  /// - Parameter readOnly: looks at it beside a node that has it open.
  public init(path: String, readOnly: Bool = false) throws(SettlementStoreError) {
    var options = DatabaseOptions()
    options.blockCacheBytes = 4 << 20
    if readOnly {
      options.readOnly = true
      options.createIfMissing = false
    }
    let names = ["intents", "envelopes", "progress", "meta"]
    let opened: Database
    do throws(RocksDBError) {
      opened = try Database(path: path, columns: names.map { ColumnOptions($0) }, options: options)
    } catch {
      switch error {
      case .inUse(let path): throw .inUse(path: path)
      case .corruption, .inputOutput: throw .damaged(path: path, error.description)
      case .noSpace, .invalidArgument, .unknownColumn, .other: throw .database(error)
      }
    }
    database = opened
    let columns = try performing { () throws(RocksDBError) in
      var columns: [Column] = []
      for name in names { columns.append(try opened.column(name)) }
      return columns
    }
    (intents, envelopes, progress, meta) = (columns[0], columns[1], columns[2], columns[3])
  }

  /// Writes a copy that can be opened on its own into the folder `path`, which does not exist.
  public func checkpoint(to path: String) throws(SettlementStoreError) {
    try performing { () throws(RocksDBError) in try database.checkpoint(to: path) }
  }

  // MARK: Intents

  /// Those of an account, by nonce.
  func intents(of account: Address) throws(SettlementStoreError) -> [Intent] {
    let cursor = intents.cursor(from: Self.key(account, 0), to: Self.key(account, .max))
    var found: [Intent] = []
    try forEach(cursor) { (key, value) throws(SettlementStoreError) in
      guard let nonce = UInt64(bigEndianBytes: key.suffix(8)), let intent = Intent(nonce: nonce, decoding: value) else {
        throw .corrupt("a transaction of \(account)")
      }
      found.append(intent)
    }
    return found
  }

  /// Writes intents with the bytes that are to be sent, and returns once they are on the device.
  func record(_ account: Address, _ list: [(intent: Intent, envelope: [UInt8])]) throws(SettlementStoreError) {
    let write = WriteBatch()
    for (intent, envelope) in list {
      let key = Self.key(account, intent.nonce)
      write.put(intents, key, [Self.format] + intent.encoded)
      write.put(envelopes, key, [Self.format] + envelope)
    }
    try performing { () throws(RocksDBError) in try database.write(write, sync: true) }
  }

  /// The signed bytes of the last attempt.
  func envelope(_ account: Address, _ nonce: UInt64) throws(SettlementStoreError) -> [UInt8]? {
    try value(envelopes, Self.key(account, nonce)).map { Array($0) }
  }

  /// Forgets intents.
  func remove(_ account: Address, _ nonces: [UInt64]) throws(SettlementStoreError) {
    let write = WriteBatch()
    for nonce in nonces {
      write.delete(intents, Self.key(account, nonce))
      write.delete(envelopes, Self.key(account, nonce))
    }
    try performing { () throws(RocksDBError) in try database.write(write, sync: false) }
  }

  // MARK: What was seen on L1

  func progress(_ batch: BatchNumber) throws(SettlementStoreError) -> BatchProgress? {
    guard let value = try value(progress, Self.key(batch.rawValue)) else { return nil }
    guard let progress = BatchProgress(batch, decoding: value) else { throw .corrupt("the steps of batch \(batch)") }
    return progress
  }

  /// The last batch that has made a step.
  func lastProgress() throws(SettlementStoreError) -> BatchNumber? {
    let cursor = progress.cursor()
    guard try performing({ () throws(RocksDBError) in try cursor.seekToLast() }) else { return nil }
    return cursor.withKey { UInt64(bigEndianBytes: $0) }.map { BatchNumber($0) }
  }

  /// Replaces the steps of batches, together with the block up to which L1 was read.
  func setProgress(_ list: [BatchProgress], through place: Place) throws(SettlementStoreError) {
    let write = WriteBatch()
    for batch in list {
      let key = Self.key(batch.number.rawValue)
      if batch.isEmpty { write.delete(progress, key) } else { write.put(progress, key, [Self.format] + batch.encoded) }
    }
    write.put(meta, Self.name("cursor"), Self.encoded(place))
    try performing { () throws(RocksDBError) in try database.write(write, sync: false) }
  }

  /// The block up to which the events of L1 were read; `nil` before the first time.
  func cursor() throws(SettlementStoreError) -> Place? { try place("cursor") }

  /// An old block of L1: one that L1 no longer has says that it is another chain.
  func anchor() throws(SettlementStoreError) -> Place? { try place("anchor") }

  func setAnchor(_ place: Place) throws(SettlementStoreError) { try put("anchor", Self.encoded(place)) }

  func known() throws(SettlementStoreError) -> Known? {
    guard let value = try value(meta, Self.name("known")) else { return nil }
    var reader = ByteReader(value)
    guard let committed: UInt64 = reader.bigEndian(), let proved: UInt64 = reader.bigEndian(),
      let executed: UInt64 = reader.bigEndian(), let safe: UInt64 = reader.bigEndian(),
      let finalized: UInt64 = reader.bigEndian()
    else { throw .corrupt("what is known of L1") }
    // Block 0 is never under a tag.
    return Known(
      totals: BatchTotals(committed: committed, proved: proved, executed: executed), safe: safe == 0 ? nil : safe,
      finalized: finalized == 0 ? nil : finalized)
  }

  func setKnown(_ known: Known) throws(SettlementStoreError) {
    var bytes: [UInt8] = [Self.format]
    for number in [
      known.totals.committed, known.totals.proved, known.totals.executed, known.safe ?? 0, known.finalized ?? 0,
    ] { bytes.append(bigEndian: number) }
    try put("known", bytes)
  }

  /// Up to where requests need not be read again.
  func requestMark() throws(SettlementStoreError) -> RequestHistory.Mark? {
    guard let value = try value(meta, Self.name("requests")) else { return nil }
    guard let mark = RequestHistory.Mark(decoding: value) else { throw .corrupt("the place in the list of requests") }
    return mark
  }

  func setRequestMark(_ mark: RequestHistory.Mark) throws(SettlementStoreError) {
    try put("requests", [Self.format] + mark.encoded)
  }

  /// What L1 has of the batches, as far as this store knows, and which were sent there: the last executed and the last that
  /// L1 has or may get. `nil` where L1 was never looked at.
  public func lastBatches() throws(SettlementStoreError) -> (executed: UInt64, sent: UInt64)? {
    guard let known = try known() else { return nil }
    var executed = known.totals.executed, sent = max(known.totals.committed, executed)
    // What was seen on L1 and is not deep enough to count yet.
    let steps = progress.cursor()
    var more = try performing { () throws(RocksDBError) in try steps.seekToLast() }
    var isNewest = true
    while more {
      guard let number = steps.withKey({ UInt64(bigEndianBytes: $0) }),
        let entry = BatchProgress(BatchNumber(number), decoding: steps.value.dropFirst())
      else { throw .corrupt("the steps of a batch") }
      if isNewest { sent = max(sent, number) }
      isNewest = false
      if entry.execute != nil {
        executed = max(executed, number)
        break
      }
      more = try performing { () throws(RocksDBError) in try steps.previous() }
    }
    try forEach(intents.cursor()) { (key, value) throws(SettlementStoreError) in
      guard let nonce = UInt64(bigEndianBytes: key.suffix(8)), let intent = Intent(nonce: nonce, decoding: value) else {
        throw .corrupt("a transaction")
      }
      sent = max(sent, intent.batches.upperBound)
      if intent.step == .execute { executed = max(executed, intent.batches.upperBound) }
    }
    return (executed, max(sent, executed))
  }

  // MARK: Halts

  /// Why an account sends nothing until an operator says otherwise.
  func halt(of account: Address) throws(SettlementStoreError) -> String? {
    try value(meta, Self.name("halt") + account.bytes).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Returns once it is on the device.
  func setHalt(_ reason: String?, of account: Address) throws(SettlementStoreError) {
    let write = WriteBatch()
    let key = Self.name("halt") + account.bytes
    if let reason { write.put(meta, key, [Self.format] + Array(reason.utf8)) } else { write.delete(meta, key) }
    try performing { () throws(RocksDBError) in try database.write(write, sync: true) }
  }

  /// All reasons, for whoever looks.
  package func halts() throws(SettlementStoreError) -> [String] {
    let cursor = meta.cursor(from: Self.name("halt"), to: Self.name("halu"))
    var found: [String] = []
    try forEach(cursor) { (_, value) throws(SettlementStoreError) in
      found.append(String(decoding: value, as: UTF8.self))
    }
    return found
  }

  // MARK: Keys and values

  /// Account, then nonce big-endian, so that the order of keys is that of nonces.
  private static func key(_ account: Address, _ nonce: UInt64) -> [UInt8] { account.bytes + key(nonce) }

  private static func key(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

  private static func name(_ text: StaticString) -> [UInt8] { Array("\(text)".utf8) }

  private static func encoded(_ place: Place) -> [UInt8] {
    var bytes: [UInt8] = [format]
    bytes.append(bigEndian: place.number)
    bytes.append(place.hash)
    return bytes
  }

  private func place(_ name: StaticString) throws(SettlementStoreError) -> Place? {
    guard let value = try value(meta, Self.name(name)) else { return nil }
    var reader = ByteReader(value)
    guard let number: UInt64 = reader.bigEndian(), let hash = reader.bytes32() else { throw .corrupt("\(name)") }
    return Place(number: number, hash: hash)
  }

  private func put(_ name: StaticString, _ value: [UInt8]) throws(SettlementStoreError) {
    try performing { () throws(RocksDBError) in try meta.put(Self.name(name), value) }
  }

  /// What follows the format byte.
  private func value(_ column: Column, _ key: [UInt8]) throws(SettlementStoreError) -> ArraySlice<UInt8>? {
    guard let value = try performing({ () throws(RocksDBError) in try column.value(key) }) else { return nil }
    guard value.first == Self.format else { throw .corrupt("a value of another version") }
    return value.dropFirst()
  }

  private func forEach(
    _ cursor: Cursor, _ body: ([UInt8], ArraySlice<UInt8>) throws(SettlementStoreError) -> Void
  ) throws(SettlementStoreError) {
    var more = try performing { () throws(RocksDBError) in try cursor.seekToFirst() }
    while more {
      let value = cursor.value
      guard value.first == Self.format else { throw .corrupt("a value of another version") }
      try body(cursor.key, value.dropFirst())
      more = try performing { () throws(RocksDBError) in try cursor.next() }
    }
  }
}

/// Runs database operations and gives their error the type of this module.
@inline(__always)
private func performing<T>(_ body: () throws(RocksDBError) -> T) throws(SettlementStoreError) -> T {
  do throws(RocksDBError) { return try body() } catch {
    if case .inUse(let path) = error { throw .inUse(path: path) }
    throw .database(error)
  }
}
