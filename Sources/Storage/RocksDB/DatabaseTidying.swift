import CRocksDB
import Glibc

// What many openings leave behind. Each makes a write-ahead log, which RocksDB keeps, empty, until something is flushed;
// and turns what the last log had into files of its own, which nothing merges where keys only grow.

extension Database {
  /// Logs that are left alone.
  private static let keptLogs = 4
  /// Bytes up to which a file is tiny.
  private static let tinyBytes = 1 << 20
  /// Consecutive tiny files of a column that are merged.
  private static let mergedFiles = 8

  /// Removes empty logs and merges tiny files where there are many; otherwise does nothing.
  func tidy() throws(RocksDBError) {
    if Self.logCount(path) > Self.keptLogs { try dropLogs() }
    for (name, column) in columnHandles { for run in tinyRuns(of: name) { merge(run, of: column) } }
  }

  private static func logCount(_ path: String) -> Int {
    guard let directory = opendir(path) else { return 0 }
    defer { closedir(directory) }
    var count = 0
    while let entry = readdir(directory) {
      let isLog = withUnsafeBytes(of: &entry.pointee.d_name) { name in
        name.prefix { $0 != 0 }.suffix(4).elementsEqual(".log".utf8)
      }
      if isLog { count += 1 }
    }
    return count
  }

  /// A flush that writes something is what makes RocksDB remove the logs before it.
  private func dropLogs() throws(RocksDBError) {
    guard let column = columnHandles["default"] else { return }
    let batch = WriteBatch()
    batch.put(Column(database: self, handle: column), Array("opened".utf8), [])
    try write(batch)
    try flush(handle: column)
  }

  // MARK: Files

  private struct Table {
    var first: [UInt8]
    var last: [UInt8]
    var isTiny: Bool
  }

  private struct Range {
    var first: [UInt8]
    var last: [UInt8]
  }

  /// Stretches of a column, from its first key to its last, in which tiny files follow one another.
  private func tinyRuns(of name: String) -> [Range] {
    guard let files = rocksdb_livefiles(handle) else { return [] }
    defer { rocksdb_livefiles_destroy(files) }
    var tables: [Table] = []
    for index in 0..<rocksdb_livefiles_count(files) {
      guard let column = rocksdb_livefiles_column_family_name(files, index), String(cString: column) == name,
        // Those of level 0 are merged by themselves.
        rocksdb_livefiles_level(files, index) > 0
      else { continue }
      func key(_ read: (OpaquePointer?, Int32, UnsafeMutablePointer<Int>?) -> UnsafePointer<CChar>?) -> [UInt8] {
        var count = 0
        let start = read(files, index, &count)
        return Array(UnsafeRawBufferPointer(start: start, count: count))
      }
      tables.append(
        Table(
          first: key(rocksdb_livefiles_smallestkey), last: key(rocksdb_livefiles_largestkey),
          isTiny: rocksdb_livefiles_size(files, index) < Self.tinyBytes))
    }
    tables.sort { $0.first.lexicographicallyPrecedes($1.first) }
    return tables.split { !$0.isTiny }.compactMap { run in
      guard run.count >= Self.mergedFiles, let first = run.first, let last = run.last else { return nil }
      return Range(first: first.first, last: last.last)
    }
  }

  private func merge(_ range: Range, of column: OpaquePointer) {
    let options = rocksdb_compactoptions_create()
    defer { rocksdb_compactoptions_destroy(options) }
    // Those of the last level too, which would be left alone otherwise.
    rocksdb_compactoptions_set_bottommost_level_compaction(options, 2)
    range.first.withUnsafeBytes { first in
      range.last.withUnsafeBytes { last in
        rocksdb_compact_range_cf_opt(handle, column, options, first.chars, first.count, last.chars, last.count)
      }
    }
  }
}
