import ChainStorage
import Primitives
import RocksDB
import StorageTesting
import Testing
import ZKsyncOS

@Suite struct ReplayLogTests {
  let directory = TemporaryDirectory()
  var path: String { directory.file("log") }
  static let genesisHash = Bytes32(7 as UInt256)

  func open() throws(StorageError) -> ReplayLog { try ReplayLog(path: path, genesisHash: Self.genesisHash) }

  /// A record of a block whose hash follows from its number.
  func record(_ number: UInt64, _ hashes: BlockHashes) -> ReplayRecord {
    ReplayRecord(
      context: BlockContext(chainID: 270, number: number, timestamp: number * 10, blockHashes: hashes),
      firstPriorityID: number / 3,
      transactions: (0..<(number % 3)).map { TestChain.transfer(from: TestChain.sender($0), nonce: number) },
      blockHash: Bytes32(UInt256(number) &* 0x1_0001))
  }

  @Test func recordsComeBackWholeAfterReopening() throws {
    var written: [ReplayRecord] = []
    do {
      let log = try open()
      #expect(log.last == 0)
      for number in 1...600 as ClosedRange<UInt64> {
        let record = record(number, log.nextBlockHashes)
        try log.append([record])
        written.append(record)
      }
    }
    let log = try open()
    #expect(log.last == 600)
    #expect(log.nextBlockHashes[0] == written[599].blockHash)
    #expect(log.nextBlockHashes[255] == written[344].blockHash)
    #expect(written[0].context.blockHashes[0] == Self.genesisHash)
    for number in [1, 2, 255, 256, 257, 258, 600] as [UInt64] {
      #expect(try log.record(number) == written[Int(number) - 1])
    }
    #expect(try log.record(0) == nil)
    #expect(try log.record(601) == nil)
    #expect(try log.blockHash(0) == Self.genesisHash)
    #expect(try log.blockHash(600) == written[599].blockHash)
    #expect(try log.blockHash(601) == nil)
    let reader = log.records(from: 250)
    for number in 250...600 { #expect(try reader.next() == written[number - 1]) }
    #expect(try reader.next() == nil)
    #expect(try reader.next() == nil)
  }

  @Test func hashesThatAreNotTheLogsOwnAreKept() throws {
    let log = try open()
    let foreign = BlockHashes(newestFirst: [Bytes32(99 as UInt256)])
    try log.append([record(1, foreign)])
    try log.append([record(2, log.nextBlockHashes)])
    #expect(try log.record(1)?.context.blockHashes == foreign)
    #expect(try log.record(2)?.context.blockHashes[0] == record(1, foreign).blockHash)
  }

  @Test func gapsAndOverwritingAreRefused() throws {
    let log = try open()
    func expectRefusal(_ number: UInt64, expected: UInt64) {
      #expect(throws: StorageError.notContiguous(store: "replay log", expected: expected, given: number)) {
        try log.append([record(number, log.nextBlockHashes)])
      }
    }
    expectRefusal(0, expected: 1)
    expectRefusal(2, expected: 1)
    try log.append([record(1, log.nextBlockHashes)])
    expectRefusal(1, expected: 2)
    expectRefusal(3, expected: 2)
    #expect(log.last == 1)
    try log.append([record(2, log.nextBlockHashes)])
  }

  @Test func anotherGenesisIsRefused() throws {
    do { _ = try open() }
    #expect(throws: StorageError.otherGenesis(store: "replay log", stored: Self.genesisHash, configured: .zero)) {
      try ReplayLog(path: path, genesisHash: .zero)
    }
  }

  @Test func aLogThatAnotherNodeUsesSaysSo() throws {
    let log = try open()
    let error = #expect(throws: StorageError.inUse(path: path)) { try open() }
    #expect(error?.description == "another node uses this database (\(path))")
    try log.append([record(1, log.nextBlockHashes)])
  }

  @Test(
    arguments: [
      ([], StorageError.corrupt(store: "replay log", key: "block 2")),
      ([3, 0], .unknownFormat(store: "replay log", version: 3)),
      ([2, 0, 1, 2, 3], .corrupt(store: "replay log", key: "block 2")),
      ([2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], .badChecksum(block: 2)),
      ([1, 9], .corrupt(store: "replay log", key: "block 2")),
      ([1, 0], .badRecord(block: 2, .truncated)),
      ([1, 0, 77], .badRecord(block: 2, .unknownFormat(77))),
    ] as [([UInt8], StorageError)])
  func damagedRecordsAreTypedErrors(value: [UInt8], error: StorageError) throws {
    do {
      let log = try open()
      for number in 1...3 as ClosedRange<UInt64> { try log.append([record(number, log.nextBlockHashes)]) }
    }
    do {
      let database = try Database(path: path, columns: [])
      try database.column("records").put([0, 0, 0, 0, 0, 0, 0, 2], value)
    }
    let log = try open()
    #expect(throws: error) { try log.record(2) }
    #expect(throws: Never.self) { try log.record(3) }
    let reader = log.records(from: 1)
    _ = try reader.next()
    #expect(throws: error) { try reader.next() }
  }

  @Test func everyFlippedBitOfARecordIsNoticed() throws {
    let key: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 2]
    do {
      let log = try open()
      for number in 1...3 as ClosedRange<UInt64> { try log.append([record(number, log.nextBlockHashes)]) }
    }
    let database = try Database(path: path, columns: [])
    let column = try database.column("records")
    let whole = try #require(try column.value(key))
    // The block's number is part of what is checked.
    try column.put([0, 0, 0, 0, 0, 0, 0, 3], whole)
    for position in whole.indices.dropFirst() {
      var damaged = whole
      damaged[position] ^= 1 << UInt8(position % 8)
      try column.put(key, damaged)
      // A second reader beside the writer: nothing but the value is at stake.
      let log = try ReplayLog(path: path, genesisHash: nil, readOnly: true)
      #expect(throws: StorageError.self) { try log.record(2) }
      #expect(throws: StorageError.badChecksum(block: 3)) { try log.record(3) }
    }
  }

  @Test func recordsOfEarlierVersionsHaveNoChecksumAndAreRead() throws {
    let log = try open()
    let written = record(1, log.nextBlockHashes)
    try log.append([written])
    let reopened = try {
      let other = TemporaryDirectory()
      let path = other.file("log")
      do {
        let fresh = try ReplayLog(path: path, genesisHash: Self.genesisHash)
        try fresh.append([written])
      }
      do {
        var lean = written
        lean.context.blockHashes = BlockHashes()
        let database = try Database(path: path, columns: [])
        try database.column("records").put([0, 0, 0, 0, 0, 0, 0, 1], [1, 0] + lean.encode())
      }
      let old = try ReplayLog(path: path, genesisHash: Self.genesisHash)
      #expect(try old.record(1) == written)
      try old.append([record(2, old.nextBlockHashes)])
      return try (old.record(1), old.record(2))
    }()
    #expect(reopened.0 == written)
    #expect(reopened.1?.context.number == 2)
  }

  @Test func aMissingRecordIsNoticedWhenReadingOn() throws {
    do {
      let log = try open()
      for number in 1...3 as ClosedRange<UInt64> { try log.append([record(number, log.nextBlockHashes)]) }
    }
    do {
      let database = try Database(path: path, columns: [])
      let batch = WriteBatch()
      batch.delete(try database.column("records"), [0, 0, 0, 0, 0, 0, 0, 2])
      try database.write(batch)
    }
    let reader = try open().records(from: 1)
    _ = try reader.next()
    #expect(throws: StorageError.corrupt(store: "replay log", key: "block 2")) { try reader.next() }
  }
}
