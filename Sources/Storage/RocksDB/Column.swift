import CRocksDB

/// A column family of an open database: a sorted map from byte strings to byte strings.
///
/// `@unchecked Sendable`: the handle is immutable and thread-safe.
public struct Column: @unchecked Sendable {
  public let database: Database
  let handle: OpaquePointer

  /// Gives the value of `key` to `body` without copying it; `nil` where there is no such key. The buffer is valid only
  /// during the call.
  public func read<R>(
    _ key: UnsafeRawBufferPointer, at snapshot: Snapshot? = nil, _ body: (UnsafeRawBufferPointer) -> R
  ) throws(RocksDBError) -> R? {
    let options = snapshot?.readOptions ?? database.readOptions
    let pinned = try checked {
      rocksdb_get_pinned_cf(database.handle, options, handle, key.chars, key.count, $0)
    }
    guard let pinned else { return nil }
    defer { rocksdb_pinnableslice_destroy(pinned) }
    var count = 0
    let value = rocksdb_pinnableslice_value(pinned, &count)
    return body(UnsafeRawBufferPointer(start: value, count: count))
  }

  /// The value of `key`, or `nil` where there is no such key.
  public func value(_ key: [UInt8], at snapshot: Snapshot? = nil) throws(RocksDBError) -> [UInt8]? {
    try key.span.bytes.withUnsafeBytes { (key: UnsafeRawBufferPointer) throws(RocksDBError) in
      try read(key, at: snapshot) { Array($0) }
    }
  }

  /// The values of several keys, `nil` where there is none, in the order of the keys. Cheaper than asking one by one
  /// when the values have to come from disk.
  public func values(_ keys: [[UInt8]], at snapshot: Snapshot? = nil) throws(RocksDBError) -> [[UInt8]?] {
    let options = snapshot?.readOptions ?? database.readOptions
    let joined = keys.flatMap { $0 }
    var pinned = [OpaquePointer?](repeating: nil, count: keys.count)
    var errors = [UnsafeMutablePointer<CChar>?](repeating: nil, count: keys.count)
    joined.withUnsafeBytes { bytes in
      var starts: [UnsafePointer<CChar>?] = []
      var offset = 0
      for key in keys {
        starts.append(bytes.chars + offset)
        offset += key.count
      }
      rocksdb_batched_multi_get_cf(
        database.handle, options, handle, keys.count, starts, keys.map(\.count), &pinned, &errors, false)
    }
    defer { for slice in pinned where slice != nil { rocksdb_pinnableslice_destroy(slice) } }
    var failure: RocksDBError?
    for message in errors { if let message { failure = takeError(message) } }
    if let failure { throw failure }
    return pinned.map { slice in
      guard let slice else { return nil }
      var count = 0
      let value = rocksdb_pinnableslice_value(slice, &count)
      return Array(UnsafeRawBufferPointer(start: value, count: count))
    }
  }

  /// Sets one key; see ``Database/write(_:sync:)`` for `sync`.
  public func put(_ key: [UInt8], _ value: [UInt8], sync: Bool = false) throws(RocksDBError) {
    let batch = WriteBatch()
    batch.put(self, key, value)
    try database.write(batch, sync: sync)
  }

  /// A cursor over the keys from `lower` (included) to `upper` (excluded), or all keys.
  public func cursor(from lower: [UInt8]? = nil, to upper: [UInt8]? = nil, at snapshot: Snapshot? = nil) -> Cursor {
    Cursor(self, lower: lower, upper: upper, prefixOnly: false, snapshot: snapshot)
  }

  /// A cursor for seeks within one prefix of the length that the column was opened with. It skips files without that
  /// prefix, and what it shows outside the prefix of the last seek is undefined.
  public func prefixCursor(at snapshot: Snapshot? = nil) -> Cursor {
    Cursor(self, lower: nil, upper: nil, prefixOnly: true, snapshot: snapshot)
  }

  /// Bytes of the files that hold the column.
  public var fileBytes: UInt64 {
    var bytes: UInt64 = 0
    _ = rocksdb_property_int_cf(database.handle, handle, "rocksdb.total-sst-files-size", &bytes)
    return bytes
  }

  /// RocksDB's estimate of the number of keys.
  public var estimatedCount: UInt64 {
    var count: UInt64 = 0
    _ = rocksdb_property_int_cf(database.handle, handle, "rocksdb.estimate-num-keys", &count)
    return count
  }
}

extension UnsafeRawBufferPointer {
  /// The bytes as C strings of the RocksDB interface; a valid address even where there are none.
  @inline(__always)
  var chars: UnsafePointer<CChar> {
    guard let baseAddress else { return UnsafePointer(bitPattern: 1).unsafelyUnwrapped }
    return baseAddress.assumingMemoryBound(to: CChar.self)
  }
}
