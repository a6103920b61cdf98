import ChainStorage
import Primitives
import RocksDB
import StorageTesting
import Testing
import Transactions
import ZKsyncOS

@Suite("To which chain the stores belong")
struct ChainIdentityTests {
  let directory = TemporaryDirectory()

  @Test("The same chain is opened again, another chain id or protocol is refused in one line that names both")
  func otherChain() throws {
    _ = try TestChain.open(directory.path)
    _ = try TestChain.open(directory.path)
    let mine = ChainIdentity(chainID: 270, protocolVersion: .v0_0_5, genesisHash: TestChain.genesis.hash)
    var other = mine
    other.chainID = 271
    let error = StorageError.otherChain(directory: directory.path, stored: mine, configured: other)
    #expect(throws: error) { _ = try TestChain.open(directory.path, chainID: 271) }
    #expect(
      error.description
        == "the database in \(directory.path) is of chain 270, and the node is configured for chain 271")
    other = mine
    other.protocolVersion = .v0_0_4
    #expect(throws: StorageError.otherChain(directory: directory.path, stored: mine, configured: other)) {
      _ = try TestChain.open(directory.path, protocolVersion: .v0_0_4)
    }
    _ = try TestChain.open(directory.path)
  }

  @Test("Another genesis is refused")
  func otherGenesis() throws {
    _ = try TestChain.open(directory.path)
    var header = TestChain.header
    header.gasLimit += 1
    let genesis = Block(header: header, hash: header.hash, transactions: [], receipts: [])
    #expect(
      throws: StorageError.otherGenesis(store: "replay log", stored: TestChain.genesis.hash, configured: header.hash)
    ) { _ = try TestChain.open(directory.path, genesis: genesis) }
  }

  @Test("Stores that do not say whose they are take it from their first block, and say it from then on")
  func withoutNote() throws {
    do {
      let storage = try TestChain.open(directory.path)
      let context = BlockContext(
        chainID: 270, number: 1, timestamp: 1, blockHashes: storage.log.nextBlockHashes)
      try storage.log.append([
        ReplayRecord(context: context, firstPriorityID: 0, transactions: [], blockHash: Bytes32(1 as UInt256))
      ])
    }
    try forget()
    #expect(throws: StorageError.self) { _ = try TestChain.open(directory.path, chainID: 271) }
    #expect(try note() == nil)
    _ = try TestChain.open(directory.path)
    #expect(try note() != nil)
  }

  @Test("Stores without a block that do not say whose they are become those of the configured chain")
  func emptyWithoutNote() throws {
    _ = try TestChain.open(directory.path)
    try forget()
    _ = try TestChain.open(directory.path, chainID: 271)
    #expect(throws: StorageError.self) { _ = try TestChain.open(directory.path, chainID: 270) }
  }

  @Test("A note that is damaged is no reason to guess")
  func damaged() throws {
    _ = try TestChain.open(directory.path)
    try withBlocks { database in
      try database.column("meta").put(Array("identity".utf8), [1, 2, 3], sync: true)
    }
    #expect(throws: StorageError.corrupt(store: "block store", key: "identity")) {
      _ = try TestChain.open(directory.path)
    }
  }

  private func note() throws -> [UInt8]? {
    try withBlocks { try $0.column("meta").value(Array("identity".utf8)) }
  }

  private func forget() throws {
    try withBlocks { database in
      let batch = WriteBatch()
      batch.delete(try database.column("meta"), Array("identity".utf8))
      try database.write(batch, sync: true)
    }
  }

  private func withBlocks<R>(_ body: (Database) throws -> R) throws -> R {
    let columns = ["headers", "bodies", "receipts", "numbers", "locations", "meta"].map { ColumnOptions($0) }
    return try body(try Database(path: directory.file("blocks"), columns: columns))
  }
}
