import ChainStorage
import Primitives
import RandomTesting
import RocksDB
import StorageTesting
import Testing
import Transactions
import ZKsyncOS

@Suite struct BlockStoreTests {
  let directory = TemporaryDirectory()
  var path: String { directory.file("blocks") }

  func open(retained: Int = 4) throws(StorageError) -> BlockStore {
    try BlockStore(path: path, genesis: TestChain.genesis, retained: retained)
  }

  /// A block with a few transactions, logs and messages, all from the generator.
  func block(_ number: UInt64, _ random: inout SplitMix64) -> Block {
    let header = BlockHeader(
      parentHash: .zero, number: number, gasLimit: 100_000_000, timestamp: number, baseFeePerGas: 1000)
    var transactions: [RecoveredTransaction] = [], receipts: [BlockReceipt] = []
    var gas: UInt64 = 0, logIndex = 0
    for index in 0..<UInt64.random(in: 0..<6, using: &random) {
      transactions.append(TestChain.transfer(from: TestChain.sender(index), nonce: number))
      let logs = (0..<Int.random(in: 0..<4, using: &random)).map { _ in
        Log(
          address: Address(UInt64.random(in: 0..<3, using: &random)),
          topics: (0..<Int.random(in: 0...4, using: &random)).map { _ in
            Bytes32(UInt256(UInt64.random(in: 0..<3, using: &random)))
          }, data: [UInt8](repeating: 7, count: Int.random(in: 0..<70, using: &random)))
      }
      gas += 21_000
      receipts.append(
        BlockReceipt(
          receipt: Receipt(
            transactionType: 2, succeeded: Bool.random(using: &random), gasUsed: 21_000, cumulativeGasUsed: gas,
            contractAddress: Bool.random(using: &random) ? Address(5) : nil, logs: logs),
          effectiveGasPrice: UInt256(number), firstLogIndex: logIndex,
          l2ToL1Logs: (0..<Int.random(in: 0..<3, using: &random)).map { entry in
            L2ToL1Log(
              transactionNumber: UInt32(index), sender: Address(0x8008), key: .zero, value: .zero,
              message: entry == 0 ? nil : [UInt8](repeating: 3, count: entry * 40))
          }))
      logIndex += logs.count
    }
    return Block(header: header, hash: header.hash, transactions: transactions, receipts: receipts)
  }

  /// Everything that can be asked about the blocks, from a store with these blocks.
  func check(_ store: BlockStore, _ blocks: [Block]) throws {
    #expect(store.head == UInt64(blocks.count) - 1)
    for block in blocks {
      #expect(try store.block(block.number) == block)
      #expect(try store.header(block.number)?.hash == block.hash)
      let summary = try store.header(block.number)
      #expect(summary?.header == block.header && summary?.bloom == block.bloom && summary?.gasUsed == block.gasUsed)
      #expect(summary?.transactionBytes ?? block.transactionBytes == block.transactionBytes)
      #expect(try store.receipts(block.number) == block.receipts)
      #expect(try store.number(of: block.hash) == block.number)
      for (index, transaction) in block.transactions.enumerated() {
        let location = TransactionLocation(block: block.number, index: index)
        #expect(try store.location(of: transaction.hash) == location)
        let found = try #require(try store.transaction(at: location))
        #expect(found.transaction == transaction)
        #expect(found.receipt == block.receipts[index])
      }
      #expect(try store.transaction(at: .init(block: block.number, index: block.transactions.count)) == nil)
      #expect(try store.transaction(at: .init(block: block.number, index: -1)) == nil)
    }
    let beyond = UInt64(blocks.count)
    #expect(try store.block(beyond) == nil)
    #expect(try store.header(beyond) == nil)
    #expect(try store.receipts(beyond) == nil)
    #expect(try store.transaction(at: .init(block: beyond, index: 0)) == nil)
    #expect(try store.number(of: .zero) == nil)
    #expect(try store.location(of: .zero) == nil)
  }

  @Test func blocksAreFoundInMemoryOnDiskAndAfterReopening() throws {
    var random = SplitMix64(seed: 11)
    var blocks = [TestChain.genesis]
    do {
      let store = try open()
      for number in 1...30 as ClosedRange<UInt64> {
        let next = block(number, &random)
        try store.publish(next)
        blocks.append(next)
        if number % 10 == 0 { try check(store, blocks) }
        if number % 7 == 0 { while try store.flushNext() {} }
      }
      while try store.flushNext() {}
      try check(store, blocks)
      #expect(store.flushed.number == 30)
      #expect(store.flushed.hash == blocks[30].hash)
    }
    try check(try open(), blocks)
  }

  @Test func whatIsNotFlushedIsGoneAfterReopening() throws {
    var random = SplitMix64(seed: 12)
    var blocks = [TestChain.genesis]
    do {
      let store = try open()
      for number in 1...5 as ClosedRange<UInt64> {
        blocks.append(block(number, &random))
        try store.publish(blocks[Int(number)])
      }
      try store.flushNext()
      try store.flushNext()
    }
    try check(try open(), Array(blocks[...2]))
  }

  @Test func gapsAndAnotherGenesisAreRefused() throws {
    var random = SplitMix64(seed: 13)
    do {
      let store = try open()
      for number in [0, 2] as [UInt64] {
        #expect(throws: StorageError.notContiguous(store: "block store", expected: 1, given: number)) {
          try store.publish(block(number, &random))
        }
      }
    }
    var header = TestChain.header
    header.timestamp = 1
    let other = Block(header: header, hash: header.hash, transactions: [], receipts: [])
    #expect(throws: StorageError.self) { try BlockStore(path: path, genesis: other) }
  }

  @Test(arguments: ["headers", "bodies", "receipts"])
  func damagedValuesAreTypedErrors(column: String) throws {
    var random = SplitMix64(seed: 15)
    do {
      let store = try open(retained: 0)
      try store.publish(block(1, &random))
      try store.flushNext()
    }
    for value in [[], [1], [9, 9], [1, 255, 255, 255, 255], [1, 1, 0, 0, 0, 9, 0, 0, 0, 1]] as [[UInt8]] {
      do {
        let database = try Database(path: path, columns: [])
        try database.column(column).put([0, 0, 0, 0, 0, 0, 0, 1], value)
      }
      let store = try open()
      #expect(throws: StorageError.self) { try store.block(1) }
    }
  }

  @Test func storesOfDifferentChainsAreNotMixed() throws {
    do { _ = try TestChain.open(directory.path) }
    TemporaryDirectory.remove(directory.file("replay_log"))
    do {
      let state = try StateStore(path: directory.file("state"), genesis: TestChain.genesisState)
      try state.append(StateChange(number: 1, blockHash: .zero, slots: [:], preimages: [:]))
      try state.flushNext()
    }
    #expect(throws: StorageError.contradiction(store: "state store", block: 1)) {
      try TestChain.open(directory.path)
    }
  }

  @Test("Headers of earlier versions are read, and what they lack is counted")
  func firstFormat() throws {
    var random = SplitMix64(seed: 4)
    let old = block(1, &random)
    do {
      let store = try open(retained: 0)
      try store.publish(old)
      try store.flushNext()
    }
    do {
      let database = try Database(path: path, columns: ["headers"].map { ColumnOptions($0) })
      try database.column("headers").put(
        withUnsafeBytes(of: UInt64(1).bigEndian) { Array($0) },
        [1] + old.hash.bytes + old.bloom.bytes + old.header.encoded)
    }
    let store = try open()
    try store.publish(block(2, &random))
    let summary = try #require(try store.header(1))
    #expect(summary.header == old.header && summary.bloom == old.bloom && summary.gasUsed == old.gasUsed)
    #expect(summary.transactionBytes == nil)
    #expect(try store.block(1) == old)
  }

  // MARK: Finding blocks by their logs

  /// What a search finds and that really has such a log.
  private func found(_ store: BlockStore, _ filter: LogFilter, _ range: ClosedRange<UInt64>) throws -> [UInt64] {
    let search = store.search(filter, in: range)
    var blocks: [UInt64] = []
    var reached: UInt64?
    while true {
      switch try search.next() {
      case .end: return blocks
      case .through(let block):
        #expect(reached.map { $0 < block } ?? true)
        reached = block
      case .block(let block):
        #expect(range.contains(block) && reached.map { $0 < block } ?? true)
        reached = block
        if try store.receipts(block)?.contains(where: { $0.receipt.logs.contains { filter.matches($0) } }) == true {
          blocks.append(block)
        }
      }
    }
  }

  private func filter(_ random: inout SplitMix64) -> LogFilter {
    func some<T>(_ make: (UInt64) -> T) -> [T] {
      (0..<Int.random(in: 0...2, using: &random)).map { _ in make(UInt64.random(in: 0..<4, using: &random)) }
    }
    return LogFilter(
      addresses: some { Address($0) },
      topics: (0..<Int.random(in: 0...3, using: &random)).map { _ in some { Bytes32(UInt256($0)) } })
  }

  @Test(
    "Blocks are found by their logs, on disk and in memory, as by looking at all of them",
    arguments: 0..<6 as Range<UInt64>)
  func logSearch(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let count: UInt64 = 60
    let blocks = (1...count).map { block($0, &random) }
    let store = try open()
    for block in blocks {
      try store.publish(block)
      if block.number <= 40 { try store.flushNext() }
    }
    for _ in 0..<60 {
      let filter = filter(&random)
      let first = UInt64.random(in: 0...count, using: &random)
      let range = first...UInt64.random(in: first...count, using: &random)
      let expected = blocks.filter { block in
        range.contains(block.number) && block.receipts.contains { $0.receipt.logs.contains { filter.matches($0) } }
      }.map(\.number)
      #expect(try found(store, filter, range) == expected, "seed \(seed): \(filter) in \(range)")
      let few = range.lowerBound <= 40 ? range.upperBound - min(range.upperBound, 40) : UInt64(range.count)
      #expect(store.unindexed(filter, in: range) == (filter.isSelective ? few : UInt64(range.count)))
    }
  }

  @Test("Blocks of rare and of frequent terms are found together, however far they are from each other")
  func rareAndFrequentTerms() throws {
    let count: UInt64 = 1_500
    // The first address is in every block, the others are in every seventh, every hundredth, and in a stretch of blocks.
    func addresses(_ number: UInt64) -> [UInt64] {
      [1] + (number % 7 == 0 ? [2] : []) + (number % 100 == 3 ? [3] : []) + (700..<900 ~= number ? [4] : [])
    }
    let store = try open(retained: 0)
    for number in 1...count {
      let header = BlockHeader(
        parentHash: .zero, number: number, gasLimit: 100_000_000, timestamp: number, baseFeePerGas: 1_000)
      let logs = addresses(number).map { address in
        Log(address: Address(address), topics: (0..<4).map { Bytes32(UInt256(number % UInt64($0 + 2))) }, data: [])
      }
      let receipt = BlockReceipt(
        receipt: Receipt(transactionType: 2, succeeded: true, gasUsed: 21_000, cumulativeGasUsed: 21_000, logs: logs),
        effectiveGasPrice: 1_000, firstLogIndex: 0, l2ToL1Logs: [])
      try store.publish(
        Block(
          header: header, hash: header.hash,
          transactions: [TestChain.transfer(from: TestChain.sender(0), nonce: number)], receipts: [receipt]))
      try store.flushNext()
    }
    var random = SplitMix64(seed: 5)
    for _ in 0..<60 {
      let wanted = (0...1).map { _ in UInt64.random(in: 1...5, using: &random) }
      let filter = LogFilter(
        addresses: wanted.map { Address($0) },
        topics: (0..<Int.random(in: 0...4, using: &random)).map { _ in
          Bool.random(using: &random) ? [] : [Bytes32(UInt256(UInt64.random(in: 0...3, using: &random)))]
        })
      let first = UInt64.random(in: 1...count, using: &random)
      let range = first...UInt64.random(in: first...count, using: &random)
      let expected = range.filter { number in
        addresses(number).contains { wanted.contains($0) }
          && filter.topics.enumerated().allSatisfy { index, topics in
            topics.isEmpty || topics.contains(Bytes32(UInt256(number % UInt64(index + 2))))
          }
      }
      #expect(try found(store, filter, range) == expected, "\(filter) in \(range)")
    }
  }

  @Test("A store of an earlier version is indexed bit by bit, over restarts too")
  func olderLogs() throws {
    var random = SplitMix64(seed: 9)
    let blocks = (1...20 as ClosedRange<UInt64>).map { block($0, &random) }
    do {
      let store = try open(retained: 0)
      for block in blocks {
        try store.publish(block)
        try store.flushNext()
      }
    }
    do {
      let database = try Database(path: path, columns: ["log_terms", "meta"].map { ColumnOptions($0) })
      let terms = try database.column("log_terms"), write = WriteBatch()
      write.deleteRange(terms, from: [0], to: [9])
      write.delete(try database.column("meta"), Array("logs_from".utf8))
      try database.write(write)
    }
    let filter = LogFilter(addresses: [Address(1)])
    let expected = blocks.filter { $0.receipts.contains { $0.receipt.logs.contains { filter.matches($0) } } }.map(
      \.number)
    do {
      let store = try open()
      #expect(store.unindexed(filter, in: 0...20) == 21)
      #expect(try found(store, filter, 0...20) == expected)
      #expect(try store.indexOlderLogs(atMost: 7))
      #expect(store.unindexed(filter, in: 0...20) == 14)
      #expect(try found(store, filter, 0...20) == expected)
    }
    let store = try open()
    #expect(store.unindexed(filter, in: 0...20) == 14)
    while try store.indexOlderLogs(atMost: 7) {}
    #expect(store.unindexed(filter, in: 0...20) == 0)
    #expect(try found(store, filter, 0...20) == expected)
    try store.publish(block(21, &random))
    try store.flushNext()
    #expect(store.unindexed(filter, in: 0...21) == 0)
  }
}
