import CRocksDB

extension Database {
  /// Reads every key and value of the database in `path` from its files, whose checksums are looked at on the way.
  ///
  /// The database may be open elsewhere: nothing is locked and nothing is written, and what has been read before and stays
  /// in somebody's cache is read from the disk again. What is written or merged meanwhile may make it fail though nothing
  /// is damaged; then it succeeds when it is tried again.
  ///
  /// - Parameter visit: is told of so many bytes that were read, again and again; false ends the scan.
  public static func scan(path: String, visit: (Int) -> Bool) throws(RocksDBError) {
    var options = DatabaseOptions()
    options.readOnly = true
    options.createIfMissing = false
    options.blockCacheBytes = 1 << 20
    // Files that are merged away meanwhile can be read as long as they are open.
    options.maxOpenFiles = -1
    let database = try Database(path: path, columns: [], options: options)
    for name in database.columnHandles.keys.sorted() {
      let cursor = try database.column(name).cursor()
      var more = try cursor.seekToFirst()
      var bytes = 0
      while more {
        bytes += cursor.withKey { $0.count } + cursor.withValue { $0.count }
        if bytes >= 1 << 18 {
          if !visit(bytes) { return }
          bytes = 0
        }
        more = try cursor.next()
      }
      if !visit(bytes) { return }
    }
  }
}
