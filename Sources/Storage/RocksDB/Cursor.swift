import CRocksDB

/// A position in a column, over the state that the column had when the cursor was made. Belongs to one thread at a time.
///
/// A move returns whether the cursor stands on a key afterwards, and throws where it does not because reading failed.
public final class Cursor {
  private let column: Column
  private let snapshot: Snapshot?
  private let handle: OpaquePointer
  private let options: OpaquePointer
  /// RocksDB keeps the address of a bound, not a copy.
  private let bounds: [UnsafeMutableRawBufferPointer]

  init(_ column: Column, lower: [UInt8]?, upper: [UInt8]?, prefixOnly: Bool, snapshot: Snapshot?) {
    self.column = column
    self.snapshot = snapshot
    options = rocksdb_readoptions_create()
    var bounds: [UnsafeMutableRawBufferPointer] = []
    func pin(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
      copy.copyBytes(from: bytes)
      bounds.append(copy)
      return UnsafeRawBufferPointer(copy)
    }
    if let lower {
      let bound = pin(lower)
      rocksdb_readoptions_set_iterate_lower_bound(options, bound.chars, bound.count)
    }
    if let upper {
      let bound = pin(upper)
      rocksdb_readoptions_set_iterate_upper_bound(options, bound.chars, bound.count)
    }
    if let snapshot { rocksdb_readoptions_set_snapshot(options, snapshot.handle) }
    if prefixOnly {
      rocksdb_readoptions_set_prefix_same_as_start(options, 1)
    } else {
      rocksdb_readoptions_set_total_order_seek(options, 1)
    }
    self.bounds = bounds
    handle = rocksdb_create_iterator_cf(column.database.handle, options, column.handle)
  }

  deinit {
    rocksdb_iter_destroy(handle)
    rocksdb_readoptions_destroy(options)
    for bound in bounds { bound.deallocate() }
  }

  /// Whether the cursor stands on a key.
  public var isValid: Bool { rocksdb_iter_valid(handle) != 0 }

  @discardableResult
  public func seekToFirst() throws(RocksDBError) -> Bool {
    rocksdb_iter_seek_to_first(handle)
    return try settle()
  }

  @discardableResult
  public func seekToLast() throws(RocksDBError) -> Bool {
    rocksdb_iter_seek_to_last(handle)
    return try settle()
  }

  /// Moves to the first key that is not below `key`.
  @discardableResult
  public func seek(_ key: UnsafeRawBufferPointer) throws(RocksDBError) -> Bool {
    rocksdb_iter_seek(handle, key.chars, key.count)
    return try settle()
  }

  /// Moves to the first key that is not below `key`.
  @discardableResult
  public func seek(_ key: [UInt8]) throws(RocksDBError) -> Bool {
    key.withUnsafeBytes { rocksdb_iter_seek(handle, $0.chars, $0.count) }
    return try settle()
  }

  /// Moves to the last key that is not above `key`.
  @discardableResult
  public func seekForPrevious(_ key: [UInt8]) throws(RocksDBError) -> Bool {
    key.withUnsafeBytes { rocksdb_iter_seek_for_prev(handle, $0.chars, $0.count) }
    return try settle()
  }

  @discardableResult
  public func next() throws(RocksDBError) -> Bool {
    guard isValid else { return false }
    rocksdb_iter_next(handle)
    return try settle()
  }

  @discardableResult
  public func previous() throws(RocksDBError) -> Bool {
    guard isValid else { return false }
    rocksdb_iter_prev(handle)
    return try settle()
  }

  /// The key under the cursor; no bytes where it stands on none. Valid during the call only.
  public func withKey<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    var count = 0
    guard isValid, let key = rocksdb_iter_key(handle, &count) else {
      return body(UnsafeRawBufferPointer(start: nil, count: 0))
    }
    return body(UnsafeRawBufferPointer(start: key, count: count))
  }

  /// The value under the cursor; no bytes where it stands on no key. Valid during the call only.
  public func withValue<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    var count = 0
    guard isValid, let value = rocksdb_iter_value(handle, &count) else {
      return body(UnsafeRawBufferPointer(start: nil, count: 0))
    }
    return body(UnsafeRawBufferPointer(start: value, count: count))
  }

  public var key: [UInt8] { withKey { Array($0) } }
  public var value: [UInt8] { withValue { Array($0) } }

  /// Whether the cursor stands on a key; throws where it does not because of an error.
  private func settle() throws(RocksDBError) -> Bool {
    if isValid { return true }
    try checked { rocksdb_iter_get_error(handle, $0) }
    return false
  }
}
