import Concurrency
import Primitives
import RocksDB
import Synchronization
import Telemetry
import ZKsyncOS

/// What one block changed in the state. Immutable and shared by all views that see the block.
public final class StateChange: Sendable {
  public let number: UInt64
  public let blockHash: Bytes32
  /// New values by flat key.
  public let slots: [Bytes32: Bytes32]
  /// Bytes by their BLAKE2s-256 hash.
  public let preimages: [Bytes32: [UInt8]]

  public init(number: UInt64, blockHash: Bytes32, slots: [Bytes32: Bytes32], preimages: [Bytes32: [UInt8]]) {
    self.number = number
    self.blockHash = blockHash
    self.slots = slots
    self.preimages = preimages
  }

  /// The change that executing a block made.
  public convenience init(_ output: BlockOutput) {
    self.init(
      number: output.header.number, blockHash: output.blockHash,
      slots: Dictionary(output.storageWrites.map { ($0.flatKey, $0.value) }) { _, last in last },
      preimages: Dictionary(output.publishedPreimages.map { ($0.hash, $0.bytes) }) { _, last in last })
  }
}

/// The state after every block: slot values and preimages.
///
/// On disk a slot's values stand under flat key ‖ inverted block number, so that the value at a block is the first entry
/// at or after that key: one seek, whatever the age of the block. The newest blocks are in memory until
/// ``flushNext()`` writes them; views see them from the moment they are appended. Writes are not synced: after a crash
/// of the machine the last ones may be missing, and are made again from the replay log.
public final class StateStore: Sendable {
  static let name = "state store"

  private struct Recent {
    /// Appended and not on disk, ascending.
    var pending: [StateChange] = []
    var flushed: StoreHead
  }

  private let database: Database
  private let values: Column
  private let preimages: Column
  private let meta: Column
  private let recent: Mutex<Recent>
  private let caches: StateCaches
  let metrics: ChainStorageMetrics

  /// Opens the store in the directory `path`, or creates it with the state of block 0.
  ///
  /// - Parameters:
  ///   - genesis: block 0; only its hash is looked at where the store exists. `nil` where only a store that exists is
  ///     opened, whatever its genesis.
  ///   - readOnly: opens without the lock, and takes no blocks.
  ///   - cachedSlots: hot slots kept in memory, about 100 bytes each, up to twice as many.
  public init(
    path: String, genesis: StateChange?, readOnly: Bool = false, cachedSlots: Int = 200_000,
    metrics: ChainStorageMetrics = ChainStorageMetrics(MetricsRegistry())
  ) throws(StorageError) {
    self.metrics = metrics
    var valueOptions = ColumnOptions("values")
    valueOptions.prefixLength = 32
    valueOptions.writeBufferBytes = 32 << 20
    let columns = [valueOptions, ColumnOptions("preimages"), ColumnOptions("meta")]
    var options = DatabaseOptions()
    options.readOnly = readOnly
    options.createIfMissing = genesis != nil
    let opened = try stored { () throws(RocksDBError) in
      try Database(path: path, columns: columns, options: options)
    }
    database = opened
    values = try stored { () throws(RocksDBError) in try opened.column("values") }
    preimages = try stored { () throws(RocksDBError) in try opened.column("preimages") }
    meta = try stored { () throws(RocksDBError) in try opened.column("meta") }

    if let head = try StoreHead.read(meta, store: Self.name) {
      let stored = try Self.genesisHash(meta)
      if let genesis, stored != genesis.blockHash {
        throw .otherGenesis(store: Self.name, stored: stored, configured: genesis.blockHash)
      }
      recent = Mutex(Recent(flushed: head))
      caches = StateCaches(slotCount: cachedSlots, preimageBytes: 32 << 20, seen: head.number)
    } else {
      guard let genesis else { throw .corrupt(store: Self.name, key: "head") }
      guard genesis.number == 0 else {
        throw .notContiguous(store: Self.name, expected: 0, given: genesis.number)
      }
      recent = Mutex(Recent(flushed: StoreHead(number: 0, hash: genesis.blockHash)))
      caches = StateCaches(slotCount: cachedSlots, preimageBytes: 32 << 20, seen: 0)
      try write(genesis, sync: true)
    }
    metrics.memory.watch(opened, as: .state)
  }

  private static let genesisKey = Array("genesis".utf8)

  private static func genesisHash(_ meta: Column) throws(StorageError) -> Bytes32 {
    let value = try stored { () throws(RocksDBError) in try meta.value(genesisKey) }
    guard let value, let hash = Bytes32(try payload(value, store: name, key: "genesis")) else {
      throw .corrupt(store: name, key: "genesis")
    }
    return hash
  }

  /// The newest block, on disk or not.
  public var latest: UInt64 { recent.withLock { $0.pending.last?.number ?? $0.flushed.number } }

  /// The last block on disk, and its hash.
  public var flushed: (number: UInt64, hash: Bytes32) {
    let head = recent.withLock { $0.flushed }
    return (head.number, head.hash)
  }

  /// Blocks that are in memory only.
  public var pendingCount: Int { recent.withLock { $0.pending.count } }

  // MARK: Writing

  /// Makes the next block's state readable.
  public func append(_ change: StateChange) throws(StorageError) {
    var stopwatch = Stopwatch()
    defer { metrics.appendState.observe(nanoseconds: stopwatch.lap()) }
    try recent.withLock { (recent) throws(StorageError) in
      let expected = (recent.pending.last?.number ?? recent.flushed.number) + 1
      guard change.number == expected else {
        throw .notContiguous(store: Self.name, expected: expected, given: change.number)
      }
      recent.pending.append(change)
    }
  }

  /// Writes the oldest block that is in memory only; false where there is none. One thread at a time.
  @discardableResult
  public func flushNext() throws(StorageError) -> Bool {
    guard let oldest = recent.withLock({ $0.pending.first }) else { return false }
    var stopwatch = Stopwatch()
    try write(oldest, sync: false)
    // Readers that find the block no longer among the pending ones must find it in the database and the caches.
    caches.apply(oldest)
    recent.withLock { recent in
      recent.pending.removeFirst()
      recent.flushed = StoreHead(number: oldest.number, hash: oldest.blockHash)
    }
    metrics.stateFlushed(slots: oldest.slots.count, preimages: oldest.preimages.count, time: stopwatch.lap())
    return true
  }

  private func write(_ change: StateChange, sync: Bool) throws(StorageError) {
    let batch = WriteBatch()
    withUnsafeTemporaryAllocation(byteCount: 40 + 33, alignment: 8) { scratch in
      guard let key = scratch.baseAddress else { return }
      let value = key + 40
      value.storeBytes(of: storedFormat, as: UInt8.self)
      (key + 32).storeBytes(of: (~change.number).bigEndian, as: UInt64.self)
      for (flatKey, word) in change.slots {
        flatKey.store(to: key)
        word.store(to: value + 1)
        batch.put(
          values, UnsafeRawBufferPointer(start: key, count: 40), UnsafeRawBufferPointer(start: value, count: 33))
      }
    }
    for (hash, bytes) in change.preimages { batch.put(preimages, hash.bytes, [storedFormat] + bytes) }
    batch.put(meta, StoreHead.key, StoreHead(number: change.number, hash: change.blockHash).encoded)
    if change.number == 0 { batch.put(meta, Self.genesisKey, [storedFormat] + change.blockHash.bytes) }
    try stored { () throws(RocksDBError) in try database.write(batch, sync: sync) }
  }

  /// Bytes of keys that are removed with one write.
  private static let truncatedAtOnce = 4 << 20

  /// Makes `number`, whose hash that is, the newest block again. All blocks are on disk. Takes as long as a look at every
  /// slot does. The store ends at that block from the first write on; values of later blocks that are still there when it is
  /// cut short are passed over by readers, and written again with the same blocks.
  func truncate(to number: UInt64, _ hash: Bytes32) throws(StorageError) {
    let batch = WriteBatch()
    let head = StoreHead(number: number, hash: hash)
    batch.put(meta, StoreHead.key, head.encoded)
    try stored { () throws(RocksDBError) in try database.write(batch, sync: true) }
    batch.removeAll()
    let cursor = values.cursor()
    var more = try stored { () throws(RocksDBError) in try cursor.seekToFirst() }
    while more {
      let key = cursor.withKey { Array($0) }
      guard key.count == 40, let since = UInt64(bigEndianBytes: key[32...]) else {
        throw .corrupt(store: Self.name, key: "slot")
      }
      if ~since > number { batch.delete(values, key) }
      if batch.byteCount > Self.truncatedAtOnce {
        try stored { () throws(RocksDBError) in try database.write(batch) }
        batch.removeAll()
      }
      more = try stored { () throws(RocksDBError) in try cursor.next() }
    }
    try stored { () throws(RocksDBError) in try database.write(batch, sync: true) }
    caches.forgetSlots(seen: number)
    recent.withLock { $0.flushed = head }
  }

  /// Makes everything written durable, for a clean stop.
  public func sync() throws(StorageError) { try stored { () throws(RocksDBError) in try database.sync() } }

  /// Writes a copy of what is on disk, see ``ReplayLog/checkpoint(to:)``.
  public func checkpoint(to path: String) throws(StorageError) {
    try stored { () throws(RocksDBError) in try database.checkpoint(to: path) }
  }

  // MARK: Reading

  /// The state after block `number`. The view stays valid, whatever is appended or flushed later.
  public func view(at number: UInt64) throws(StorageError) -> ChainStateView {
    let overlay = try recent.withLock { (recent) throws(StorageError) -> [StateChange] in
      guard number <= recent.pending.last?.number ?? recent.flushed.number else { throw .unknownBlock(number) }
      return recent.pending.prefix { $0.number <= number }.reversed()
    }
    return ChainStateView(store: self, number: number, overlay: overlay)
  }

  /// The same as far as it is in memory: what would have to be read from the disk cannot be read. For threads that must
  /// not wait.
  public func residentView(at number: UInt64) throws(StorageError) -> ChainStateView {
    var view = try view(at: number)
    view.isResident = true
    return view
  }

  fileprivate func residentSlot(_ flatKey: Bytes32, at number: UInt64) throws(StateReadError) -> Bytes32? {
    guard case .hit(let entry) = caches.slot(flatKey), entry.since <= number else {
      throw StateReadError("not in memory")
    }
    return entry.value
  }

  fileprivate func residentPreimage(_ hash: Bytes32) throws(StateReadError) -> [UInt8]? {
    guard let bytes = caches.preimage(hash) else { throw StateReadError("not in memory") }
    return bytes
  }

  /// Gives every slot with its value after block `number` to `body`, in the order of flat keys, from the database alone; ends
  /// where `body` says false.
  public func forEachSlot(at number: UInt64, _ body: (Bytes32, Bytes32) -> Bool) throws(StorageError) {
    let cursor = values.cursor()
    var given: Bytes32?
    var more = try stored { () throws(RocksDBError) in try cursor.seekToFirst() }
    while more {
      let entry = cursor.withKey { key -> (key: Bytes32, since: UInt64)? in
        guard key.count == 40, let start = key.baseAddress else { return nil }
        return (Bytes32(loading: start), ~UInt64(bigEndian: (start + 32).loadUnaligned(as: UInt64.self)))
      }
      guard let entry else { throw .corrupt(store: Self.name, key: "slot") }
      // The newest value of a slot comes first.
      if entry.since <= number, given != entry.key {
        given = entry.key
        let value = cursor.withValue { $0.count == 33 ? $0.baseAddress.map { Bytes32(loading: $0 + 1) } : nil }
        guard let value else { throw .corrupt(store: Self.name, key: "slot \(entry.key)") }
        if !body(entry.key, value) { return }
      }
      more = try stored { () throws(RocksDBError) in try cursor.next() }
    }
  }

  /// The value of a slot after block `number`, as far as the database knows.
  func slot(_ flatKey: Bytes32, at number: UInt64) throws(StorageError) -> Bytes32? {
    switch caches.slot(flatKey) {
    case .hit(let entry) where entry.since <= number:
      return entry.value
    case .hit:
      return try seek(flatKey, at: number).value
    case .miss(let seen):
      let entry = try seek(flatKey, at: number)
      // What an older view finds need not be the newest value.
      if number >= seen { caches.insert(flatKey, entry, seen: seen) }
      return entry.value
    }
  }

  private func seek(_ flatKey: Bytes32, at number: UInt64) throws(StorageError) -> StateCaches.SlotEntry {
    let cursor = values.prefixCursor()
    let found = try stored { () throws(RocksDBError) in
      try withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 5) { (key) throws(RocksDBError) -> Bool in
        let bytes = UnsafeMutableRawBufferPointer(key)
        guard let start = bytes.baseAddress else { return false }
        flatKey.store(to: start)
        key[4] = (~number).bigEndian
        return try cursor.seek(UnsafeRawBufferPointer(bytes))
      }
    }
    guard found else { return .init(value: nil, since: 0) }
    let since = cursor.withKey { key -> UInt64? in
      guard key.count == 40, let start = key.baseAddress, Bytes32(loading: start) == flatKey else { return nil }
      return ~UInt64(bigEndian: (start + 32).loadUnaligned(as: UInt64.self))
    }
    guard let since else { return .init(value: nil, since: 0) }
    let (format, value) = cursor.withValue { value -> (UInt8?, Bytes32?) in
      (value.first, value.count == 33 ? value.baseAddress.map { Bytes32(loading: $0 + 1) } : nil)
    }
    if let format, format != storedFormat { throw .unknownFormat(store: Self.name, version: format) }
    guard let value else { throw .corrupt(store: Self.name, key: "slot \(flatKey)") }
    return .init(value: value, since: since)
  }

  func preimage(_ hash: Bytes32) throws(StorageError) -> [UInt8]? {
    if let cached = caches.preimage(hash) { return cached }
    let found = try stored { () throws(RocksDBError) in
      try hash.withUnsafeBytes { (key) throws(RocksDBError) in
        try preimages.read(key) { (format: $0.first, bytes: Array($0.dropFirst())) }
      }
    }
    guard let found else { return nil }
    guard let format = found.format else { throw .corrupt(store: Self.name, key: "preimage \(hash)") }
    guard format == storedFormat else { throw .unknownFormat(store: Self.name, version: format) }
    caches.insert(hash, found.bytes)
    return found.bytes
  }
}

/// The state after one block. Immutable; may be used from any number of threads.
public struct ChainStateView: StateView, Sendable {
  let store: StateStore
  /// The block after which this is the state.
  public let number: UInt64
  /// Blocks that were not on disk when the view was made, newest first.
  let overlay: [StateChange]
  /// Whether only what is in memory can be read.
  fileprivate(set) var isResident = false

  public func slot(_ flatKey: Bytes32) throws(StateReadError) -> Bytes32? {
    var stopwatch = Stopwatch()
    for (index, change) in overlay.enumerated() {
      guard let value = change.slots[flatKey] else { continue }
      store.metrics.slotRead(.recentBlocks, scanned: index + 1, time: stopwatch.lap())
      return value
    }
    defer { store.metrics.slotRead(.base, scanned: overlay.count, time: stopwatch.lap()) }
    if isResident { return try store.residentSlot(flatKey, at: number) }
    do throws(StorageError) { return try store.slot(flatKey, at: number) } catch {
      throw StateReadError(error.description)
    }
  }

  public func preimage(_ hash: Bytes32) throws(StateReadError) -> [UInt8]? {
    var stopwatch = Stopwatch()
    defer { store.metrics.readPreimage.observe(nanoseconds: stopwatch.lap()) }
    for change in overlay { if let bytes = change.preimages[hash] { return bytes } }
    if isResident { return try store.residentPreimage(hash) }
    do throws(StorageError) { return try store.preimage(hash) } catch { throw StateReadError(error.description) }
  }
}
