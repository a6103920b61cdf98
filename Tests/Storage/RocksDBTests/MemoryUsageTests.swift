import RocksDB
import StorageTesting
import Testing

@Suite struct MemoryUsageTests {
  let directory = TemporaryDirectory()

  /// 200 bytes in each of three columns, per round.
  private func write(_ database: Database, rounds: Range<Int>, from columns: [Column]) throws {
    for round in rounds {
      let batch = WriteBatch()
      for column in columns {
        let key = (0..<4).map { UInt8(truncatingIfNeeded: round >> (8 * $0)) }
        batch.put(column, key, [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: 196))
      }
      try database.write(batch)
    }
  }

  @Test func unsortedWritesStayBelowTheirBoundInAllColumnsTogether() throws {
    var options = DatabaseOptions()
    options.writeBuffersBytes = 4 << 20
    let names = ["a", "b", "c"]
    let database = try Database(
      path: directory.file("db"), columns: names.map { ColumnOptions($0) }, options: options)
    let columns = try names.map { try database.column($0) }
    var largest: UInt64 = 0
    for part in 0..<80 {
      try write(database, rounds: (part * 1_000)..<((part + 1) * 1_000), from: columns)
      largest = max(largest, database.memoryUsage.writeBuffers)
    }
    // 48 MB were written. Without the common bound, three columns would hold up to 16 MiB each.
    #expect(largest > 1 << 20)
    #expect(largest < 20 << 20)
  }

  @Test func writersWaitForADiskThatIsTooSlow() throws {
    var options = DatabaseOptions()
    options.writeBuffersBytes = 2 << 20
    options.backgroundBytesPerSecond = 1 << 20
    let names = ["a", "b", "c"]
    let database = try Database(
      path: directory.file("db"), columns: names.map { ColumnOptions($0) }, options: options)
    let columns = try names.map { try database.column($0) }
    var largest: UInt64 = 0
    for part in 0..<40 {
      try write(database, rounds: (part * 1_000)..<((part + 1) * 1_000), from: columns)
      largest = max(largest, database.memoryUsage.writeBuffers)
    }
    // 24 MB were written, in a second where nobody waits, and all of them would be in memory.
    #expect(largest < 10 << 20)
    #expect(try columns[2].value([0x3f, 0x9c, 0, 0])?.count == 196)
  }

  @Test func blocksThatWereReadAreInTheCache() throws {
    var options = DatabaseOptions()
    options.blockCacheBytes = 1 << 20
    let database = try Database(path: directory.file("db"), columns: [ColumnOptions("a")], options: options)
    let column = try database.column("a")
    try write(database, rounds: 0..<20_000, from: [column])
    try database.flush(column)
    let before = database.memoryUsage.blockCache
    let cursor = column.cursor()
    var more = try cursor.seekToFirst()
    while more { more = try cursor.next() }
    let after = database.memoryUsage.blockCache
    #expect(after > before)
    #expect(after <= 2 << 20)
  }
}
