import CRocksDB
import Glibc

/// An open RocksDB database: a directory with sorted key-value columns that share one write-ahead log.
///
/// May be used from any number of threads. It closes when the last reference to it is gone; columns, cursors and
/// snapshots hold one, so nothing can outlive the handle it needs.
///
/// `@unchecked Sendable`: the C handles are thread-safe by RocksDB's contract and never change after `init`.
public final class Database: @unchecked Sendable {
  public let path: String
  let handle: OpaquePointer
  let readOptions: OpaquePointer
  private let writeOptions: OpaquePointer
  private let syncWriteOptions: OpaquePointer
  let columnHandles: [String: OpaquePointer]
  private let backpressure: Backpressure

  /// Opens `path` with the given columns besides `default`. Columns that exist on disk and are not named here are opened
  /// too, as RocksDB demands it, and stay as they are. For reading only, those that are not on disk are left out.
  public init(path: String, columns: [ColumnOptions], options: DatabaseOptions = .init()) throws(RocksDBError) {
    let native = NativeOptions(options)
    var wanted = columns
    let existing = Self.existingColumns(path, native)
    if options.readOnly, !existing.isEmpty { wanted.removeAll { !existing.contains($0.name) } }
    for name in existing + ["default"] where !wanted.contains(where: { $0.name == name }) {
      wanted.append(ColumnOptions(name))
    }
    let perColumn = wanted.map { native.column($0) }
    let names = wanted.map { strdup($0.name) }
    defer {
      for options in perColumn { rocksdb_options_destroy(options) }
      for name in names { free(name) }
    }

    var handles = [OpaquePointer?](repeating: nil, count: wanted.count)
    let constNames = names.map { UnsafePointer($0) }
    let opened = try checked { error in
      options.readOnly
        ? rocksdb_open_for_read_only_column_families(
          native.database, path, Int32(wanted.count), constNames, perColumn, &handles, 0, error)
        : rocksdb_open_column_families(
          native.database, path, Int32(wanted.count), constNames, perColumn, &handles, error)
    }
    guard let opened else { throw .other("\(path): no handle and no message") }

    self.path = path
    backpressure = Backpressure(bound: options.writeBuffersBytes)
    handle = opened
    readOptions = rocksdb_readoptions_create()
    writeOptions = rocksdb_writeoptions_create()
    syncWriteOptions = rocksdb_writeoptions_create()
    rocksdb_writeoptions_set_sync(syncWriteOptions, 1)
    var byName: [String: OpaquePointer] = [:]
    for (column, handle) in zip(wanted, handles) { byName[column.name] = handle }
    columnHandles = byName
    if !options.readOnly { try tidy() }
  }

  deinit {
    for column in columnHandles.values { rocksdb_column_family_handle_destroy(column) }
    rocksdb_close(handle)
    rocksdb_readoptions_destroy(readOptions)
    rocksdb_writeoptions_destroy(writeOptions)
    rocksdb_writeoptions_destroy(syncWriteOptions)
  }

  /// Names of the columns on disk; none where there is no database yet.
  private static func existingColumns(_ path: String, _ native: NativeOptions) -> [String] {
    var count = 0
    // A failure here means that there is nothing to list; opening reports what is really wrong.
    let list = try? checked { rocksdb_list_column_families(native.database, path, &count, $0) }
    guard let names = list.flatMap({ $0 }) else { return [] }
    defer { rocksdb_list_column_families_destroy(names, count) }
    return (0..<count).compactMap { names[$0].map { String(cString: $0) } }
  }

  /// The column with this name, one of those that are open.
  public func column(_ name: String) throws(RocksDBError) -> Column {
    guard let column = columnHandles[name] else { throw .unknownColumn(name) }
    return Column(database: self, handle: column)
  }

  /// Applies the batch as a whole or not at all.
  ///
  /// With `sync` it returns once the batch is on the device. Without, the batch survives the death of the process but
  /// not that of the machine; a synced write makes all earlier ones durable too. It waits where the disk is behind by twice
  /// ``DatabaseOptions/writeBuffersBytes``.
  public func write(_ batch: WriteBatch, sync: Bool = false) throws(RocksDBError) {
    if backpressure.isDue(batch.byteCount) { try waitForFlushes(backpressure) }
    try checked { rocksdb_write(handle, sync ? syncWriteOptions : writeOptions, batch.handle, $0) }
  }

  /// Makes everything written so far durable.
  public func sync() throws(RocksDBError) { try checked { rocksdb_flush_wal(handle, 1, $0) } }

  /// Turns the unsorted writes of a column into a file, so that the next opening need not read them from the log.
  public func flush(_ column: Column) throws(RocksDBError) { try flush(handle: column.handle) }

  func flush(handle column: OpaquePointer) throws(RocksDBError) {
    let options = rocksdb_flushoptions_create()
    defer { rocksdb_flushoptions_destroy(options) }
    try checked { rocksdb_flush_cf(handle, options, column, $0) }
  }

  /// Merges the files of a column, dropping what was deleted or overwritten.
  public func compact(_ column: Column) { rocksdb_compact_range_cf(handle, column.handle, nil, 0, nil, 0) }

  /// The database as it is now, for reads that must agree with each other.
  public func snapshot() -> Snapshot { Snapshot(self) }

  /// Writes a copy that can be opened on its own into the directory `path`, which must not exist. Files are hard links
  /// where the file system has them.
  public func checkpoint(to path: String) throws(RocksDBError) {
    let checkpoint = try checked { rocksdb_checkpoint_object_create(handle, $0) }
    defer { rocksdb_checkpoint_object_destroy(checkpoint) }
    try checked { rocksdb_checkpoint_create(checkpoint, path, 0, $0) }
  }
}

/// The database as it was when the snapshot was taken. May be used from any thread.
public final class Snapshot: @unchecked Sendable {
  private let database: Database
  let handle: OpaquePointer
  let readOptions: OpaquePointer

  init(_ database: Database) {
    self.database = database
    handle = rocksdb_create_snapshot(database.handle)
    readOptions = rocksdb_readoptions_create()
    rocksdb_readoptions_set_snapshot(readOptions, handle)
  }

  deinit {
    rocksdb_readoptions_destroy(readOptions)
    rocksdb_release_snapshot(database.handle, handle)
  }
}
