import Concurrency
import RocksDB
import Synchronization
import Telemetry

/// What the stores measure, under the names that the reference node gives the same things, so that its dashboards go on
/// working.
///
/// Source: zksync-os-server, the `metrics.rs` files of `lib/storage` and `lib/storage_api`, and `grafana_dashboard.json`.
public struct ChainStorageMetrics: Sendable {
  // The replay log
  /// Time until a record is durable; the reference's name says `get`.
  let appendRecord: Histogram

  // State
  private let readRecent: Histogram
  private let readBase: Histogram
  private let readTotal: Histogram
  private let blocksScanned: Histogram
  let readPreimage: Histogram
  let appendState: Histogram
  private let flushState: Histogram
  private let flushedSlots: Histogram
  private let flushPreimages: Histogram

  // Blocks
  private let publishBlock: Histogram
  private let publishTransaction: Histogram
  private let flushBlock: Histogram
  private let flushTransaction: Histogram
  private let blockBytes: Histogram
  private let transactionBytes: Histogram
  let persistedBlock: Gauge
  let persistenceLag: Gauge

  let memory = OpenDatabases()

  public init(_ registry: MetricsRegistry) {
    let total: MetricsRegistry.Labels = [("stage", "total")]
    func seconds(_ name: String, _ help: String, _ labels: MetricsRegistry.Labels = []) -> Histogram {
      registry.histogram(name, help, bounds: Histogram.fastBounds, labels)
    }
    func read(_ stage: String) -> Histogram {
      seconds("storage_view_access_seconds", "Time of a read of the state", [("stage", stage)])
    }
    // Writes to disk take from 10 µs to 5 s.
    func disk(_ name: String, _ help: String) -> Histogram {
      registry.histogram(name, help, bounds: Histogram.exponentialBounds(from: 1e-5, factor: 2, through: 5))
    }
    func bytes(_ name: String, _ help: String) -> Histogram {
      registry.histogram(name, help, bounds: Histogram.exponentialBounds(from: 10, factor: 2, through: 1e7))
    }

    appendRecord = seconds("block_replay_storage_get_latency_seconds", "Time to append a block to the replay log")

    readRecent = read("diff")
    readBase = read("base")
    readTotal = read("total")
    blocksScanned = registry.histogram(
      "storage_view_diffs_scanned", "Blocks in memory looked at by a read of the state",
      bounds: Array(stride(from: 1, through: 1_000, by: 100)))
    readPreimage = seconds("preimages_get_seconds", "Time to read a preimage", total)
    appendState = seconds("storage_write_add_diff_seconds", "Time to add the writes of a block to the state")
    flushState = seconds("storage_write_compact_seconds", "Time to merge a block into the state on disk")
    flushedSlots = registry.histogram(
      "storage_write_compact_batch_size", "Keys merged into the state on disk at once",
      bounds: Histogram.exponentialBounds(from: 1, factor: 2, through: 1_000))
    flushPreimages = seconds(
      "preimages_set_seconds", "Time to write a block's preimages, in one batch with its slots", total)

    // The reference has a stage for each of the maps that it fills; here a block becomes visible at once.
    publishBlock = seconds("repositories_insert_block_seconds", "Time to make a block visible", total)
    publishTransaction = seconds("repositories_insert_block_per_tx_seconds", "The same per transaction")
    flushBlock = disk("repositories_persist_block_seconds", "Time to write a block and its receipts")
    flushTransaction = disk("repositories_persist_block_per_tx_seconds", "The same per transaction")
    blockBytes = bytes("repositories_block_data_size_bytes", "Bytes written for a block and its receipts")
    transactionBytes = bytes("repositories_block_data_size_per_tx_bytes", "The same per transaction")
    persistedBlock = registry.gauge("block_number", "Last block done by each stage", [("stage", "persist")])
    persistenceLag = registry.gauge("repositories_persistence_lag", "Blocks visible and not yet on disk")

    memory.register(in: registry)
    keepOldNames(registry, total)
  }

  /// The dashboard still asks for names under which earlier releases of the reference exported the same values.
  private func keepOldNames(_ registry: MetricsRegistry, _ total: MetricsRegistry.Labels) {
    let help = "The same as"
    registry.share(readPreimage, "preimage_access_latency_seconds", "\(help) preimages_get_seconds")
    registry.share(flushState, "storage_map_rocks_db_compact_seconds", "\(help) storage_write_compact_seconds")
    registry.share(appendState, "storage_add_diff_seconds", "\(help) storage_write_add_diff_seconds", total)
    registry.share(
      readRecent, "storage_access_latency_seconds", "\(help) storage_view_access_seconds", [("stage", "diff")])
  }

  /// Where the value of a slot was found.
  enum SlotSource {
    /// Among the writes of blocks that were not on disk yet.
    case recentBlocks
    /// In the caches or the database.
    case base
  }

  /// A slot was read in so many nanoseconds; `scanned` are the blocks in memory that were looked at for it.
  func slotRead(_ source: SlotSource, scanned: Int, time: UInt64) {
    (source == .base ? readBase : readRecent).observe(nanoseconds: time)
    readTotal.observe(nanoseconds: time)
    blocksScanned.observe(Double(scanned))
  }

  /// A block's state was written to its database in so many nanoseconds.
  func stateFlushed(slots: Int, preimages: Int, time: UInt64) {
    flushState.observe(nanoseconds: time)
    flushedSlots.observe(Double(slots))
    if preimages > 0 { flushPreimages.observe(nanoseconds: time) }
  }

  /// A block became visible in so many nanoseconds.
  func blockPublished(transactions: Int, time: UInt64) {
    publishBlock.observe(nanoseconds: time)
    publishTransaction.observe(nanoseconds: time / UInt64(max(1, transactions)))
  }

  /// A block was written to its database, with keys and values of so many bytes, in so many nanoseconds.
  func blockFlushed(transactions: Int, bytes: Int, time: UInt64) {
    let count = max(1, transactions)
    flushBlock.observe(nanoseconds: time)
    flushTransaction.observe(nanoseconds: time / UInt64(count))
    blockBytes.observe(Double(bytes))
    transactionBytes.observe(Double(bytes) / Double(count))
  }
}

/// The open databases: their memory, files and work, asked for whenever somebody reads the metrics.
final class OpenDatabases: Sendable {
  enum Store: String, CaseIterable { case log = "replay_log", state, blocks }

  private struct Open {
    weak var database: Database?
  }

  private let open = Mutex<[Store: Open]>([:])

  func watch(_ database: Database, as store: Store) { open.withLock { $0[store] = Open(database: database) } }

  fileprivate func register(in registry: MetricsRegistry) {
    let kinds: [(String, KeyPath<MemoryUsage, UInt64> & Sendable)] = [
      ("write_buffers", \.writeBuffers), ("block_cache", \.blockCache), ("table_readers", \.tableReaders),
    ]
    for store in Store.allCases {
      for (kind, bytes) in kinds {
        registry.gauge(
          "rocksdb_memory_bytes", "Memory of each database: unsorted writes, cached blocks, readers of files",
          [("database", store.rawValue), ("kind", kind)]
        ) { [self] in Double(database(store)?.memoryUsage[keyPath: bytes] ?? 0) }
      }
      func gauge(_ name: String, _ help: String, _ value: @escaping @Sendable (DatabaseActivity) -> UInt64) {
        registry.gauge(name, help, [("database", store.rawValue)]) { [self] in
          Double(database(store).map { value($0.activity) } ?? 0)
        }
      }
      gauge("rocksdb_file_bytes", "Bytes of each database's files of sorted data") { $0.fileBytes }
      gauge("rocksdb_pending_compaction_bytes", "Bytes that compactions have still to rewrite") {
        $0.pendingCompactionBytes
      }
      gauge("rocksdb_compaction_due", "1 where a compaction is due that has not begun") { $0.isCompactionDue ? 1 : 0 }
      gauge("rocksdb_running_compactions", "Compactions that run") { $0.compactions }
      gauge("rocksdb_running_flushes", "Flushes that run") { $0.flushes }
      gauge("rocksdb_write_stopped", "1 where writers wait for compactions") { $0.isWriteStopped ? 1 : 0 }
      gauge("rocksdb_write_rate_limit_bytes", "Bytes a second that writers are held to; 0 for any") {
        $0.writeRateLimit
      }
    }
  }

  /// `nil` where the store is not open.
  private func database(_ store: Store) -> Database? { open.withLock { $0[store]?.database } }
}
