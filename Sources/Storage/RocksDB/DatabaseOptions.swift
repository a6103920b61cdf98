/// How a database is opened. The defaults suit a store of a few gigabytes on a machine shared with the rest of a node.
public struct DatabaseOptions: Sendable {
  /// What recovery does with a write-ahead log that is damaged.
  public enum LogRecovery: Int32, Sendable {
    /// A torn last record is dropped; damage anywhere else refuses to open. For data that exists nowhere else.
    case strict = 0
    /// Everything up to the first damage is kept and the rest dropped. For data that can be derived again.
    case pointInTime = 2
  }

  /// Creates the directory and the columns that are missing.
  public var createIfMissing = true
  /// Opens without the lock and refuses writes.
  public var readOnly = false
  public var logRecovery = LogRecovery.pointInTime
  /// Bytes of uncompressed blocks kept for reading, shared by all columns.
  public var blockCacheBytes = 64 << 20
  /// Bytes of unsorted writes, over all columns, at which the oldest become a file. Where the disk is too slow for that,
  /// writers wait at twice as many, which bounds what a long load keeps in memory, however many columns there are.
  public var writeBuffersBytes = 48 << 20
  /// Files kept open; -1 for all.
  public var maxOpenFiles: Int32 = 512
  public var backgroundJobs: Int32 = 2
  /// Most bytes per second that flushes and compactions write, to leave some of a shared disk to others; 0 for no limit.
  public var backgroundBytesPerSecond: Int64 = 0
  /// Bytes of write-ahead log after which columns that hold it back are flushed.
  public var maxLogBytes: UInt64 = 256 << 20

  public init() {}
}

/// What a column family is tuned for.
public struct ColumnOptions: Sendable {
  public enum Compression: Int32, Sendable {
    case none = 0
    case lz4 = 4
    case zstd = 7
  }

  public var name: String
  /// Bytes of unsorted writes kept in memory before they become a file.
  public var writeBufferBytes = 16 << 20
  public var compression = Compression.lz4
  /// Bits per key of the Bloom filter that spares look-ups of keys that are not there; 0 for none.
  public var bloomBitsPerKey = 10.0
  /// Length in bytes of the prefix that seeks are about: the filter then answers for whole prefixes as well.
  public var prefixLength: Int?
  /// Bytes of a block on disk before compression: the unit of reading.
  public var blockBytes = 4 << 10

  public init(_ name: String) { self.name = name }
}
