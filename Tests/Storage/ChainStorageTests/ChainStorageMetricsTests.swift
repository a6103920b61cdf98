import ChainStorage
import Primitives
import StorageTesting
import Telemetry
import TelemetryTesting
import Testing
import Transactions
import ZKsyncOS

/// What a dashboard shows of the stores: every step is counted once, with its time.
@Suite struct ChainStorageMetricsTests {
  let directory = TemporaryDirectory()
  let metrics = MetricsRegistry()

  func expect(_ series: String, _ value: Double, _ location: SourceLocation = #_sourceLocation) {
    #expect(metrics.value(series) == value, "\(series)", sourceLocation: location)
  }

  func state(_ number: UInt64, _ slots: [Bytes32: Bytes32] = [:]) -> StateChange {
    StateChange(number: number, blockHash: Bytes32(UInt256(number)), slots: slots, preimages: [:])
  }

  /// A block of four transfers.
  func block(_ number: UInt64) -> Block {
    let header = BlockHeader(
      parentHash: .zero, number: number, gasLimit: 100_000_000, timestamp: number, baseFeePerGas: 1000)
    let transactions = (0..<4).map { TestChain.transfer(from: TestChain.sender(number), nonce: $0) }
    let receipts = (1...4).map { index in
      BlockReceipt(
        receipt: Receipt(
          transactionType: 2, succeeded: true, gasUsed: 21_000, cumulativeGasUsed: 21_000 * index,
          contractAddress: nil, logs: []),
        effectiveGasPrice: 1000, firstLogIndex: 0, l2ToL1Logs: [])
    }
    return Block(header: header, hash: header.hash, transactions: transactions, receipts: receipts)
  }

  @Test func everyStepOfABlockIsCounted() throws {
    let storage = try TestChain.open(directory.path, metrics: metrics)
    let writes = Dictionary(
      uniqueKeysWithValues: (1...3).map { (Bytes32(UInt256($0 as UInt64)), Bytes32(7 as UInt256)) })
    let preimage = [Bytes32(9 as UInt256): [1, 2, 3] as [UInt8]]
    for number in 1...2 as ClosedRange<UInt64> {
      let block = block(number)
      let hashes = storage.log.nextBlockHashes
      try storage.log.append([
        ReplayRecord(
          context: BlockContext(chainID: 270, number: number, timestamp: number, blockHashes: hashes),
          firstPriorityID: 0, transactions: [], blockHash: block.hash)
      ])
      try storage.state.append(
        StateChange(number: number, blockHash: block.hash, slots: writes, preimages: number == 1 ? preimage : [:]))
      try storage.blocks.publish(block)
    }
    expect("block_replay_storage_get_latency_seconds_count", 2)
    expect("storage_write_add_diff_seconds_count", 2)
    expect("storage_add_diff_seconds_count{stage=\"total\"}", 2)
    expect("repositories_insert_block_seconds_count{stage=\"total\"}", 2)
    expect("repositories_insert_block_per_tx_seconds_count", 2)
    expect("block_number{stage=\"persist\"}", 0)
    expect("repositories_persistence_lag", 2)

    #expect(try storage.blocks.flushNext())
    expect("block_number{stage=\"persist\"}", 1)
    expect("repositories_persistence_lag", 1)
    expect("repositories_persist_block_seconds_count", 1)
    expect("repositories_persist_block_per_tx_seconds_count", 1)
    let bytes = try #require(metrics.value("repositories_block_data_size_bytes_sum"))
    #expect(bytes > 0)
    expect("repositories_block_data_size_per_tx_bytes_sum", bytes / 4)

    while try storage.state.flushNext() {}
    expect("storage_write_compact_seconds_count", 2)
    expect("storage_map_rocks_db_compact_seconds_count", 2)
    expect("storage_write_compact_batch_size_sum", 6)
    // Only the first block has preimages.
    expect("preimages_set_seconds_count{stage=\"total\"}", 1)
    for time in [
      "block_replay_storage_get_latency_seconds", "storage_write_add_diff_seconds", "storage_write_compact_seconds",
      "repositories_persist_block_seconds",
    ] { #expect(metrics.value(time + "_sum").map { $0 > 0 } == true, "\(time)") }
  }

  @Test func readsSayWhereTheyFoundTheirValue() throws {
    let storage = try TestChain.open(directory.path, metrics: metrics)
    let key = Bytes32(7 as UInt256)
    for number in 1...3 as ClosedRange<UInt64> {
      try storage.state.append(state(number, number == 1 ? [key: Bytes32(1 as UInt256)] : [:]))
    }
    func expectReads(recent: Double, base: Double, scanned: Double, _ location: SourceLocation = #_sourceLocation) {
      expect("storage_view_access_seconds_count{stage=\"diff\"}", recent, location)
      expect("storage_access_latency_seconds_count{stage=\"diff\"}", recent, location)
      expect("storage_view_access_seconds_count{stage=\"base\"}", base, location)
      expect("storage_view_access_seconds_count{stage=\"total\"}", recent + base, location)
      expect("storage_view_diffs_scanned_sum", scanned, location)
    }
    let view = try storage.state.view(at: 3)
    #expect(try view.slot(key) != nil)
    expectReads(recent: 1, base: 0, scanned: 3)
    #expect(try view.slot(Bytes32(8 as UInt256)) == nil)
    expectReads(recent: 1, base: 1, scanned: 6)
    while try storage.state.flushNext() {}
    #expect(try storage.state.view(at: 3).slot(key) != nil)
    expectReads(recent: 1, base: 2, scanned: 6)
    #expect(try view.preimage(key) == nil)
    expect("preimages_get_seconds_count{stage=\"total\"}", 1)
    expect("preimage_access_latency_seconds_count", 1)
  }

  @Test func theMemoryOfOpenDatabasesIsShown() throws {
    let series = ["replay_log", "state", "blocks"].map {
      "rocksdb_memory_bytes{database=\"\($0)\",kind=\"write_buffers\"}"
    }
    do {
      let storage = try TestChain.open(directory.path, metrics: metrics)
      for one in series { #expect(metrics.value(one).map { $0 > 0 } == true, "\(one)") }
      _ = storage.blocks.head
    }
    // The metrics do not keep a database open that nobody else holds.
    for one in series { expect(one, 0) }
    _ = try TestChain.open(directory.path)
  }
}
