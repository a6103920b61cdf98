import Chain
import ChainStorage
import ChainTesting
import Logging
import Primitives
import RocksDB
import Scrub
import StateTree
import StorageTesting
import Testing
import ZKsyncOS

/// What is wrong in a store though every checksum of its files is right: what a bug, or memory that forgets, leaves.
@Suite(.serialized) struct DatabaseCheckTests {
  let directory = TemporaryDirectory()

  /// Five blocks of one transfer each, in all stores and the tree.
  private func makeChain() throws {
    let tree = try StateTree.open(
      directory: directory.file("tree"), genesis: TestChain.genesisState.slots.map { ($0.key, $0.value) })
    let harness = try ChainHarness(directory)
    try harness.chain.start()
    for number in 1...5 as ClosedRange<UInt64> {
      let block = try harness.seal(transfers(1, nonce: number - 1))
      try harness.chain.accept(block)
      try harness.wait(for: number)
      try tree.apply(version: number, writes: block.output.storageWrites.map { (key: $0.flatKey, value: $0.value) })
    }
    harness.chain.stop()
    try tree.flush()
  }

  private func check(executedEvery: UInt64 = 1) throws -> DatabaseCheck.Report {
    var options = DatabaseCheck.Options()
    options.executedEvery = executedEvery
    return try DatabaseCheck(directory.path, options: options).run()
  }

  /// Changes the value of a key where RocksDB's checksums do not see it.
  private func change(
    _ folder: String, _ column: String, _ key: [UInt8], _ change: (inout [UInt8]) -> Void
  ) throws {
    let database = try Database(path: directory.file(folder), columns: [])
    let column = try database.column(column)
    var value = try #require(try column.value(key))
    change(&value)
    try column.put(key, value, sync: true)
  }

  private func key(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

  @Test func aWholeDatabaseIsSound() throws {
    try makeChain()
    let report = try check()
    #expect(report.findings.isEmpty, "\(report.findings)")
    #expect(report.blocks == 5 && report.executedBlocks == 5)
    #expect(report.treeVersion == 5)
    // Sixteen rich accounts, who got money, and who gets fees.
    #expect(report.slots == 18)
    #expect(try check(executedEvery: 2).executedBlocks == 2)
    #expect(try check(executedEvery: 0).executedBlocks == 0)
  }

  @Test func aChangedRecordIsFound() throws {
    try makeChain()
    try change("replay_log", "records", key(3)) { $0[$0.count - 30] ^= 4 }
    let report = try check()
    #expect(report.findings.contains { $0.store == .log && $0.block == 3 })
    // Nothing can make it again, so nothing is touched.
    #expect(throws: StoreDamage.self) {
      try DatabaseRepair.run(directory.path, log: Logger(label: "test"), progress: { _ in })
    }
    #expect(TemporaryDirectory.list(directory.path).allSatisfy { !$0.contains("damaged") })
  }

  @Test func aChangedHashInTheLogIsFound() throws {
    try makeChain()
    try change("replay_log", "hashes", key(2)) { $0[5] ^= 1 }
    #expect(try check().findings.contains { $0.store == .log && $0.block == 2 })
  }

  @Test(arguments: [
    ("headers", 40), ("headers", 300), ("bodies", 60), ("receipts", 20),
  ])
  func aChangedBlockIsFoundAndMadeAgain(column: String, position: Int) throws {
    try makeChain()
    try change("blocks", column, key(4)) { $0[min(position, $0.count - 1)] ^= 1 }
    let report = try check()
    #expect(report.findings.contains { $0.store == .blocks && $0.block == 4 }, "\(report.findings)")
    #expect(!report.isDamaged(.log) && !report.isDamaged(.state) && !report.isDamaged(.tree))

    try DatabaseRepair.run(directory.path, log: Logger(label: "test"), progress: { _ in })
    let harness = try ChainHarness(directory)
    try harness.chain.start()
    #expect(harness.storage.blocks.head == 5)
    harness.chain.stop()
    #expect(TemporaryDirectory.list(directory.path).contains("blocks.damaged-1"))
  }

  @Test func aChangedSlotIsFoundInStateAndTree() throws {
    try makeChain()
    let receiver = FlatKey.ofAccount(Address(0xB0B))
    try change("state", "values", receiver.bytes + key(~5)) { $0[12] ^= 1 }
    let report = try check(executedEvery: 0)
    // Without executing anything, the tree and the state contradict each other.
    #expect(report.isDamaged(.tree))
    #expect(try check().findings.contains { $0.store == .state && $0.block == 5 })
  }

  @Test func aChangedPreimageIsFound() throws {
    try makeChain()
    let hash: Bytes32
    do {
      let storage = try ChainStorage(lookingAt: directory.path)
      let slot = try storage.state.view(at: 5).slot(FlatKey.ofAccount(Address(0xB0B)))
      hash = try #require(slot)
    }
    try change("state", "preimages", hash.bytes) { $0[20] ^= 1 }
    #expect(try check().isDamaged(.state))
  }

  @Test(arguments: ["state", "blocks", "tree"])
  func aMissingStoreIsNamed(folder: String) throws {
    try makeChain()
    TemporaryDirectory.remove(directory.file(folder))
    let findings = try check().findings
    #expect(findings.map(\.path) == [directory.file(folder)])
    #expect(findings.first?.description.contains("start with --repair") == true)
  }

  @Test func nothingIsSaidOfADatabaseThatIsNotThere() throws {
    try DatabaseRepair.run(directory.file("nothing"), log: Logger(label: "test"), progress: { _ in })
    #expect(!TemporaryDirectory.list(directory.path).contains("nothing"))
  }
}
