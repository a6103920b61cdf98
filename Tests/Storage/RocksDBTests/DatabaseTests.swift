import Glibc
import RocksDB
import StorageTesting
import Testing

@Suite struct DatabaseTests {
  let directory = TemporaryDirectory()

  func open(_ columns: [String] = ["a", "b"], _ change: (inout DatabaseOptions) -> Void = { _ in }) throws(RocksDBError)
    -> Database
  {
    var options = DatabaseOptions()
    change(&options)
    return try Database(path: directory.file("db"), columns: columns.map { ColumnOptions($0) }, options: options)
  }

  @Test func valuesComeBackAndMissingKeysAreNil() throws {
    let a = try open().column("a")
    try a.put([1, 2], [3])
    try a.put([], [])
    #expect(try a.value([1, 2]) == [3])
    #expect(try a.value([]) == [])
    #expect(try a.value([1]) == nil)
  }

  @Test func severalKeysAtOnce() throws {
    let a = try open().column("a")
    for n in 0..<50 as Range<UInt8> { try a.put([n], [n, n]) }
    let keys: [[UInt8]] = [[7], [200], [], [49], [7]]
    #expect(try a.values(keys) == [[7, 7], nil, nil, [49, 49], [7, 7]])
    #expect(try a.values([]) == [])
  }

  @Test func aBatchChangesSeveralColumnsTogether() throws {
    let database = try open()
    let a = try database.column("a"), b = try database.column("b")
    try a.put([9], [9])
    let batch = WriteBatch()
    batch.put(a, [1], [10])
    batch.put(b, [1], [20])
    batch.delete(a, [9])
    #expect(batch.count == 3)
    #expect(batch.byteCount == 5)
    #expect(try a.value([1]) == nil)
    try database.write(batch, sync: true)
    #expect(try a.value([1]) == [10])
    #expect(try b.value([1]) == [20])
    #expect(try a.value([9]) == nil)
    batch.removeAll()
    #expect(batch.count == 0)
    #expect(batch.byteCount == 0)
  }

  @Test func aRangeIsDeletedWithoutItsEnd() throws {
    let database = try open()
    let a = try database.column("a")
    for n in 0..<10 as Range<UInt8> { try a.put([n], [n]) }
    let batch = WriteBatch()
    batch.deleteRange(a, from: [3], to: [7])
    try database.write(batch)
    var left: [UInt8] = []
    let cursor = a.cursor()
    var more = try cursor.seekToFirst()
    while more {
      left += cursor.key
      more = try cursor.next()
    }
    #expect(left == [0, 1, 2, 7, 8, 9])
  }

  @Test func reopeningKeepsEverything() throws {
    do {
      let a = try open().column("a")
      for n in 0..<100 as Range<UInt8> { try a.put([n], [n, 1]) }
    }
    let a = try open().column("a")
    for n in 0..<100 as Range<UInt8> { #expect(try a.value([n]) == [n, 1]) }
  }

  @Test func columnsThatAreNotNamedSurvive() throws {
    do { try open(["a", "b", "c"]).column("c").put([1], [1]) }
    do {
      let database = try open(["a"])
      try database.column("a").put([2], [2])
    }
    #expect(try open(["c"]).column("c").value([1]) == [1])
  }

  @Test func anUndeclaredColumnIsAnError() throws {
    let database = try open()
    #expect(throws: RocksDBError.unknownColumn("z")) { try database.column("z") }
    #expect(throws: Never.self) { try database.column("default") }
  }

  @Test func aSnapshotDoesNotSeeLaterWrites() throws {
    let database = try open()
    let a = try database.column("a")
    try a.put([1], [1])
    let before = database.snapshot()
    try a.put([1], [2])
    try a.put([2], [2])
    #expect(try a.value([1], at: before) == [1])
    #expect(try a.values([[1], [2]], at: before) == [[1], nil])
    #expect(try a.value([1]) == [2])
    let cursor = a.cursor(at: before)
    try cursor.seekToLast()
    #expect(cursor.key == [1])
    #expect(cursor.value == [1])
  }

  @Test func theDatabaseLivesAsLongAsWhatWasMadeFromIt() throws {
    var database: Database? = try open()
    let column = try #require(try database?.column("a"))
    try column.put([1], [1])
    let cursor = column.cursor()
    let snapshot = try #require(database?.snapshot())
    database = nil
    #expect(try cursor.seekToFirst())
    #expect(try column.value([1], at: snapshot) == [1])
  }

  @Test func aCheckpointIsADatabaseOfItsOwn() throws {
    let database = try open()
    let a = try database.column("a")
    try a.put([1], [1])
    let copy = directory.file("copy")
    try database.checkpoint(to: copy)
    try a.put([1], [2])
    let opened = try Database(path: copy, columns: [ColumnOptions("a")])
    #expect(try opened.column("a").value([1]) == [1])
    #expect(throws: RocksDBError.self) { try database.checkpoint(to: copy) }
  }

  @Test func flushingAndCompactingChangeNothingVisible() throws {
    let database = try open()
    let a = try database.column("a")
    for n in 0..<200 as Range<UInt8> {
      try a.put([n], [UInt8](repeating: n, count: 100))
      if n % 50 == 0 { try database.flush(a) }
    }
    try database.sync()
    database.compact(a)
    for n in 0..<200 as Range<UInt8> { #expect(try a.value([n]) == [UInt8](repeating: n, count: 100)) }
    #expect(a.estimatedCount > 0)
  }

  @Test func manyThreadsReadWhileOneWrites() async throws {
    let database = try open()
    let a = try database.column("a")
    try a.put([0], [0])
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<4 {
        group.addTask {
          var last: UInt8 = 0
          for _ in 0..<2_000 {
            guard let value = try? a.value([0]), value[0] >= last else { return false }
            last = value[0]
          }
          return true
        }
      }
      group.addTask {
        for n in 0..<250 as Range<UInt8> where (try? a.put([0], [n])) == nil { return false }
        return true
      }
      for await correct in group { #expect(correct) }
    }
  }
}

@Suite struct CursorTests {
  let directory = TemporaryDirectory()

  func column(prefixLength: Int? = nil) throws -> Column {
    var options = ColumnOptions("a")
    options.prefixLength = prefixLength
    return try Database(path: directory.file("db"), columns: [options]).column("a")
  }

  @Test func movesInBothDirections() throws {
    let a = try column()
    for n in [10, 20, 30] as [UInt8] { try a.put([n], [n + 1]) }
    let cursor = a.cursor()
    #expect(!cursor.isValid)
    #expect(cursor.key == [])
    #expect(cursor.value == [])
    #expect(try cursor.seek([15]))
    #expect(cursor.key == [20])
    #expect(try cursor.seekForPrevious([15]))
    #expect(cursor.key == [10])
    #expect(cursor.value == [11])
    #expect(try !cursor.previous())
    #expect(try !cursor.next())
    #expect(try cursor.seekToLast())
    #expect(cursor.key == [30])
    #expect(try cursor.previous())
    #expect(cursor.key == [20])
    #expect(try !cursor.seek([31]))
    #expect(try cursor.seek([30]))
    #expect(try !cursor.next())
  }

  @Test func staysWithinItsBounds() throws {
    let a = try column()
    for n in 0..<20 as Range<UInt8> { try a.put([n], []) }
    let cursor = a.cursor(from: [5], to: [8])
    try cursor.seekToFirst()
    #expect(cursor.key == [5])
    try cursor.seekToLast()
    #expect(cursor.key == [7])
    #expect(try !cursor.next())
  }

  @Test func seeksWithinAPrefix() throws {
    let a = try column(prefixLength: 2)
    for prefix in 0..<50 as Range<UInt8> where prefix % 2 == 0 {
      for n in [3, 6] as [UInt8] { try a.put([prefix, prefix, n], [n]) }
    }
    try a.database.flush(a)
    let cursor = a.prefixCursor()
    #expect(try cursor.seek([4, 4, 4]))
    #expect(cursor.value == [6])
    #expect(try cursor.seek([4, 4, 0]))
    #expect(cursor.value == [3])
    #expect(try !cursor.seek([4, 4, 7]))
    #expect(try !cursor.seek([5, 5, 0]))
  }

  @Test func doesNotSeeWritesMadeAfterIt() throws {
    let a = try column()
    try a.put([1], [1])
    let cursor = a.cursor()
    try a.put([2], [2])
    try cursor.seekToLast()
    #expect(cursor.key == [1])
  }
}
