import Glibc
import RocksDB
import StorageTesting
import Testing
import ThreadTesting

/// What is left of many openings. `RESTARTS=1000` for the long form.
@Suite(.offTheCooperativePool) struct TidyingTests {
  let directory = TemporaryDirectory()
  static let restarts = getenv("RESTARTS").flatMap { Int(String(cString: $0)) } ?? 150

  private func count(_ suffix: String) -> Int {
    TemporaryDirectory.list(directory.file("db")).count { $0.hasSuffix(suffix) }
  }

  /// Whether no more than so many files are left, in the end: what is obsolete is deleted in the background while the
  /// database is open, on a loaded machine a while later.
  private func atMost(_ limit: Int, _ suffix: String) -> Bool {
    for _ in 0..<20_000 {
      if count(suffix) <= limit { return true }
      usleep(1_000)
    }
    return false
  }

  /// Waits until nothing is merged or flushed any more, half a minute at most.
  private func waitForBackground(of database: Database) {
    for _ in 0..<30_000 {
      let activity = database.activity
      if activity.compactions == 0, activity.flushes == 0, !activity.isCompactionDue { return }
      usleep(1_000)
    }
  }

  @Test func openingsWithoutWritesLeaveNoLogs() throws {
    for _ in 0..<Self.restarts {
      let database = try Database(path: directory.file("db"), columns: ["a", "b"].map { ColumnOptions($0) })
      #expect(atMost(6, ".log"))
      #expect(atMost(8, ".sst"))
      withExtendedLifetime(database) {}
    }
  }

  @Test func openingsWithAFewWritesEachLeaveFewFiles() throws {
    var most = 0
    for opening in 0..<UInt64(Self.restarts) {
      let database = try Database(path: directory.file("db"), columns: ["numbers", "hashes"].map { ColumnOptions($0) })
      let numbers = try database.column("numbers"), hashes = try database.column("hashes")
      for index in 0..<3 as Range<UInt64> {
        let key = withUnsafeBytes(of: (opening * 3 + index).bigEndian) { Array($0) }
        try numbers.put(key, [UInt8](repeating: 7, count: 500))
        try hashes.put(key.reversed() + key, key)
      }
      // On a loaded machine the merging in the background would be cut off by the end of the database each time.
      waitForBackground(of: database)
      _ = atMost(49, ".sst")
      most = max(most, count(".sst"))
    }
    #expect(most < 50)
    let database = try Database(path: directory.file("db"), columns: [])
    #expect(atMost(6, ".log"))
    let cursor = try database.column("numbers").cursor()
    var found = 0
    var more = try cursor.seekToFirst()
    while more {
      found += 1
      more = try cursor.next()
    }
    #expect(found == 3 * Self.restarts)
  }
}
