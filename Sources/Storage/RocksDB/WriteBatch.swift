import CRocksDB

/// Changes to any columns of one database that are applied together. Belongs to one thread at a time.
public final class WriteBatch {
  let handle: OpaquePointer
  /// Bytes of keys and values so far.
  public private(set) var byteCount = 0

  public init() { handle = rocksdb_writebatch_create() }

  deinit { rocksdb_writebatch_destroy(handle) }

  /// How many changes it holds.
  public var count: Int { Int(rocksdb_writebatch_count(handle)) }

  /// Sets a key.
  public func put(_ column: Column, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    rocksdb_writebatch_put_cf(handle, column.handle, key.chars, key.count, value.chars, value.count)
    byteCount += key.count + value.count
  }

  /// Sets a key.
  public func put(_ column: Column, _ key: [UInt8], _ value: [UInt8]) {
    key.withUnsafeBytes { key in value.withUnsafeBytes { put(column, key, $0) } }
  }

  /// Removes a key, whether it exists or not.
  public func delete(_ column: Column, _ key: [UInt8]) {
    key.withUnsafeBytes { rocksdb_writebatch_delete_cf(handle, column.handle, $0.chars, $0.count) }
    byteCount += key.count
  }

  /// Removes every key from `lower` (included) to `upper` (excluded).
  public func deleteRange(_ column: Column, from lower: [UInt8], to upper: [UInt8]) {
    lower.withUnsafeBytes { lower in
      upper.withUnsafeBytes { upper in
        rocksdb_writebatch_delete_range_cf(
          handle, column.handle, lower.chars, lower.count, upper.chars, upper.count)
      }
    }
    byteCount += lower.count + upper.count
  }

  /// Forgets every change.
  public func removeAll() {
    rocksdb_writebatch_clear(handle)
    byteCount = 0
  }
}
