/// What an open database has on disk, and what it does there, as RocksDB says.
public struct DatabaseActivity: Sendable, Equatable {
  /// Bytes of its files of sorted data.
  public var fileBytes: UInt64 = 0
  /// Bytes that compactions have still to rewrite.
  public var pendingCompactionBytes: UInt64 = 0
  /// Whether a compaction is due that has not begun.
  public var isCompactionDue = false
  /// Compactions that run.
  public var compactions: UInt64 = 0
  /// Flushes that run.
  public var flushes: UInt64 = 0
  /// Whether writers wait as compactions are too far behind.
  public var isWriteStopped = false
  /// Bytes a second that writers are held to; 0 for as many as they like.
  public var writeRateLimit: UInt64 = 0
}

extension Database {
  public var activity: DatabaseActivity {
    var activity = DatabaseActivity()
    for column in columnHandles.values {
      activity.fileBytes += property("rocksdb.total-sst-files-size", column)
      activity.pendingCompactionBytes += property("rocksdb.estimate-pending-compaction-bytes", column)
      if property("rocksdb.compaction-pending", column) != 0 { activity.isCompactionDue = true }
    }
    // What follows is of the database, and any column reports it.
    guard let column = columnHandles.values.first else { return activity }
    activity.compactions = property("rocksdb.num-running-compactions", column)
    activity.flushes = property("rocksdb.num-running-flushes", column)
    activity.isWriteStopped = property("rocksdb.is-write-stopped", column) != 0
    activity.writeRateLimit = property("rocksdb.actual-delayed-write-rate", column)
    return activity
  }
}
