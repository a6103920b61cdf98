import Glibc
import RocksDB
import StorageTesting
import Testing

@Suite struct FailureTests {
  let directory = TemporaryDirectory()
  var path: String { directory.file("db") }

  func open(_ change: (inout DatabaseOptions) -> Void = { _ in }) throws(RocksDBError) -> Database {
    var options = DatabaseOptions()
    change(&options)
    return try Database(path: path, columns: [ColumnOptions("a")], options: options)
  }

  func fill(flushing: Bool) throws {
    let database = try open()
    let a = try database.column("a")
    for n in 0..<500 { try a.put([UInt8(n >> 8), UInt8(n & 255)], [UInt8](repeating: UInt8(n & 255), count: 64)) }
    if flushing { try database.flush(a) }
  }

  @Test func aSecondWriterIsRefused() throws {
    let first = try open()
    #expect(throws: RocksDBError.inUse(path: path)) { try open() }
    #expect(throws: Never.self) { try first.column("a").put([1], [1]) }
  }

  @Test func readOnlyOpeningSharesAndRefusesWrites() throws {
    let writer = try open()
    try writer.column("a").put([1], [1])
    let reader = try open { $0.readOnly = true }
    #expect(try reader.column("a").value([1]) == [1])
    #expect(throws: RocksDBError.self) { try reader.column("a").put([2], [2]) }
  }

  @Test func aMissingDatabaseIsRefusedUnlessItMayBeCreated() {
    #expect(throws: RocksDBError.self) { try open { $0.createIfMissing = false } }
    #expect(throws: RocksDBError.self) {
      try open {
        $0.createIfMissing = false
        $0.readOnly = true
      }
    }
  }

  @Test func aPathBelowAFileIsRefused() {
    TemporaryDirectory.write([1], to: directory.file("file"))
    #expect(throws: RocksDBError.self) {
      try Database(path: directory.file("file") + "/db", columns: [])
    }
  }

  @Test(.enabled(if: getuid() != 0, "root may write everywhere"))
  func aReadOnlyDirectoryIsRefused() {
    chmod(directory.path, 0o500)
    defer { chmod(directory.path, 0o700) }
    #expect(throws: RocksDBError.self) { try open() }
  }

  @Test func damagedTablesAreReportedAndNeverTrap() throws {
    try fill(flushing: true)
    let tables = TemporaryDirectory.list(path).filter { $0.hasSuffix(".sst") }
    #expect(!tables.isEmpty)
    for table in tables {
      var bytes = TemporaryDirectory.read(path + "/" + table)
      for index in stride(from: 40, to: bytes.count / 2, by: 97) { bytes[index] ^= 0x55 }
      TemporaryDirectory.write(bytes, to: path + "/" + table)
    }
    let error = #expect(throws: RocksDBError.self) {
      let cursor = try open().column("a").cursor()
      var more = try cursor.seekToFirst()
      while more { more = try cursor.next() }
    }
    guard case .corruption = error else {
      Issue.record("expected corruption, got \(String(describing: error))")
      return
    }
  }

  @Test func aTruncatedTableIsRefused() throws {
    try fill(flushing: true)
    for table in TemporaryDirectory.list(path) where table.hasSuffix(".sst") {
      truncate(path + "/" + table, 100)
    }
    #expect(throws: RocksDBError.self) {
      let a = try open().column("a")
      _ = try a.value([0, 1])
    }
  }

  @Test func aMissingManifestIsRefused() throws {
    try fill(flushing: true)
    for file in TemporaryDirectory.list(path) where file.hasPrefix("MANIFEST") { unlink(path + "/" + file) }
    #expect(throws: RocksDBError.self) { try open() }
  }

  @Test func aTornLastRecordIsDropped() throws {
    try fill(flushing: false)
    let log = try #require(TemporaryDirectory.list(path).first { $0.hasSuffix(".log") && $0.first != "L" })
    let size = TemporaryDirectory.read(path + "/" + log).count
    truncate(path + "/" + log, off_t(size - 10))
    let a = try open { $0.logRecovery = .strict }.column("a")
    #expect(try a.value([1, 242]) != nil)
    #expect(try a.value([1, 243]) == nil)
  }

  @Test func damageInsideTheLogIsRefusedWhenStrict() throws {
    try fill(flushing: false)
    let log = try #require(TemporaryDirectory.list(path).first { $0.hasSuffix(".log") && $0.first != "L" })
    var bytes = TemporaryDirectory.read(path + "/" + log)
    bytes[bytes.count / 2] ^= 0xff
    TemporaryDirectory.write(bytes, to: path + "/" + log)
    let error = #expect(throws: RocksDBError.self) { try open { $0.logRecovery = .strict } }
    guard case .corruption = error else {
      Issue.record("expected corruption, got \(String(describing: error))")
      return
    }
    let a = try open { $0.logRecovery = .pointInTime }.column("a")
    #expect(try a.value([0, 0]) != nil)
    #expect(try a.value([1, 243]) == nil)
  }

  /// Mounts a file system of one megabyte; what the test below needs.
  static func mountSmallDevice(at path: String) -> Bool {
    mkdir(path, 0o700) == 0 && mount("tmpfs", path, "tmpfs", 0, "size=1m") == 0
  }

  static let mayMount: Bool = {
    let directory = TemporaryDirectory()
    let path = directory.file("probe")
    return mountSmallDevice(at: path) && umount2(path, Int32(MNT_DETACH)) == 0
  }()

  @Test(.enabled(if: mayMount, "mounting a small device needs privileges"))
  func aFullDeviceIsReported() throws {
    let mount = directory.file("small")
    try #require(Self.mountSmallDevice(at: mount))
    defer { umount2(mount, Int32(MNT_DETACH)) }
    let error = #expect(throws: RocksDBError.self) {
      let a = try Database(path: mount + "/db", columns: [ColumnOptions("a")]).column("a")
      for n in 0..<200 as Range<UInt8> { try a.put([n], [UInt8](repeating: n, count: 20_000), sync: true) }
    }
    guard case .noSpace = error else {
      Issue.record("expected a full device, got \(String(describing: error))")
      return
    }
  }

  @Test(arguments: [
    ("Corruption: block checksum mismatch", RocksDBError.corruption("Corruption: block checksum mismatch")),
    ("IO error: While lock file: /x: y/LOCK: Resource temporarily unavailable", .inUse(path: "/x: y")),
    (
      "IO error: lock hold by current process, acquire time 1 acquiring thread 2: /x/LOCK: No locks available",
      .inUse(path: "/x")
    ),
    (
      "IO error: While open a file for lock: /x/LOCK: Permission denied",
      .inputOutput("IO error: While open a file for lock: /x/LOCK: Permission denied")
    ),
    (
      "IO error: No space left on device: While appending to file: /x/1.log",
      .noSpace("IO error: No space left on device: While appending to file: /x/1.log")
    ),
    ("IO error: No such file: /x", .inputOutput("IO error: No such file: /x")),
    ("Invalid argument: not opened", .invalidArgument("Invalid argument: not opened")),
    ("Not implemented: x", .other("Not implemented: x")),
  ])
  func messagesAreSortedByTheirStatus(message: String, error: RocksDBError) {
    #expect(RocksDBError(message: message) == error)
    if case .inUse(let path) = error {
      #expect(error.description == "another process uses this database (\(path))")
    } else {
      #expect(error.description == message)
    }
  }
}
