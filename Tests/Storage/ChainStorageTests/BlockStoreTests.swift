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
}
