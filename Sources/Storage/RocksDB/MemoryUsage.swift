import CRocksDB

/// Bytes of memory that an open database holds, by what for, as RocksDB estimates them.
public struct MemoryUsage: Sendable, Equatable {
  /// Unsorted writes, those being flushed included.
  public var writeBuffers: UInt64 = 0
  /// Blocks of files, their indices and filters among them.
  public var blockCache: UInt64 = 0
  /// What readers of files keep outside the block cache.
  public var tableReaders: UInt64 = 0
}

extension Database {
  public var memoryUsage: MemoryUsage {
    var usage = MemoryUsage()
    for column in columnHandles.values {
      usage.writeBuffers += writeBufferBytes(column)
      usage.tableReaders += property("rocksdb.estimate-table-readers-mem", column)
    }
    // The cache is shared by the columns, and any of them reports all of it.
    usage.blockCache = columnHandles.values.first.map { property("rocksdb.block-cache-usage", $0) } ?? 0
    return usage
  }

  /// Bytes of unsorted writes of one column, those being flushed included.
  func writeBufferBytes(_ column: OpaquePointer) -> UInt64 { property("rocksdb.cur-size-all-mem-tables", column) }

  /// A number that RocksDB keeps of a column, or 0 where it does not.
  func property(_ name: String, _ column: OpaquePointer) -> UInt64 {
    var value: UInt64 = 0
    return rocksdb_property_int_cf(handle, column, name, &value) == 0 ? value : 0
  }
}
