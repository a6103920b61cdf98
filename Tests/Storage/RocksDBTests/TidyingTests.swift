import Glibc
import RocksDB
import StorageTesting
import Testing

/// What is left of many openings. `RESTARTS=1000` for the long form.
@Suite struct TidyingTests {
  let directory = TemporaryDirectory()
  static let restarts = getenv("RESTARTS").flatMap { Int(String(cString: $0)) } ?? 150

  private func count(_ suffix: String) -> Int {
    TemporaryDirectory.list(directory.file("db")).count { $0.hasSuffix(suffix) }
  }

  @Test func openingsWithoutWritesLeaveNoLogs() throws {
    for _ in 0..<Self.restarts {
      _ = try Database(path: directory.file("db"), columns: ["a", "b"].map { ColumnOptions($0) })
      #expect(count(".log") <= 6)
    }
    #expect(count(".sst") <= 8)
  }

  @Test func openingsWithAFewWritesEachLeaveFewFiles() async throws {
    try await onOwnThread { try openManyTimesWithWrites() }
  }

  private func openManyTimesWithWrites() throws {
    var most = 0
    for opening in 0..<UInt64(Self.restarts) {
      let database = try Database(path: directory.file("db"), columns: ["numbers", "hashes"].map { ColumnOptions($0) })
      let numbers = try database.column("numbers"), hashes = try database.column("hashes")
      for index in 0..<3 as Range<UInt64> {
        let key = withUnsafeBytes(of: (opening * 3 + index).bigEndian) { Array($0) }
        try numbers.put(key, [UInt8](repeating: 7, count: 500))
        try hashes.put(key.reversed() + key, key)
      }
      // What was merged is deleted in the background, on a loaded machine a while later.
      for _ in 0..<20_000 where count(".sst") >= 50 { usleep(1_000) }
      most = max(most, count(".sst"))
    }
    #expect(most < 50)
    #expect(count(".log") <= 6)
    let database = try Database(path: directory.file("db"), columns: [])
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
