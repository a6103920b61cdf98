import CRocksDB

/// The C form of the options while a database is being opened. RocksDB copies them, so they are freed afterwards.
final class NativeOptions {
  let database: OpaquePointer
  private let cache: OpaquePointer

  init(_ options: DatabaseOptions) {
    database = rocksdb_options_create()
    cache = rocksdb_cache_create_lru(options.blockCacheBytes)
    rocksdb_options_set_create_if_missing(database, options.createIfMissing ? 1 : 0)
    rocksdb_options_set_create_missing_column_families(database, options.createIfMissing ? 1 : 0)
    rocksdb_options_set_wal_recovery_mode(database, options.logRecovery.rawValue)
    rocksdb_options_set_max_open_files(database, options.maxOpenFiles)
    rocksdb_options_set_max_background_jobs(database, options.backgroundJobs)
    if options.backgroundBytesPerSecond > 0 {
      // Tokens are given out every 100 ms, ten times as often to what is urgent: RocksDB's own defaults.
      let limiter = rocksdb_ratelimiter_create(options.backgroundBytesPerSecond, 100_000, 10)
      rocksdb_options_set_ratelimiter(database, limiter)
      rocksdb_ratelimiter_destroy(limiter)
    }
    rocksdb_options_set_db_write_buffer_size(database, options.writeBuffersBytes)
    rocksdb_options_set_max_total_wal_size(database, options.maxLogBytes)
    // RocksDB's own log: warnings only, and not without end.
    rocksdb_options_set_info_log_level(database, 2)
    rocksdb_options_set_keep_log_file_num(database, 2)
    rocksdb_options_set_max_log_file_size(database, 4 << 20)
    rocksdb_options_set_stats_dump_period_sec(database, 0)
  }

  deinit {
    rocksdb_cache_destroy(cache)
    rocksdb_options_destroy(database)
  }

  /// The options of one column; the caller destroys them.
  func column(_ column: ColumnOptions) -> OpaquePointer? {
    let options = rocksdb_options_create_copy(database)
    rocksdb_options_set_write_buffer_size(options, column.writeBufferBytes)
    rocksdb_options_set_max_write_buffer_number(options, 3)
    rocksdb_options_set_compression(options, column.compression.rawValue)
    rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 1)
    if let length = column.prefixLength {
      rocksdb_options_set_prefix_extractor(options, rocksdb_slicetransform_create_fixed_prefix(length))
      rocksdb_options_set_memtable_prefix_bloom_size_ratio(options, 0.05)
    }
    let table = rocksdb_block_based_options_create()
    defer { rocksdb_block_based_options_destroy(table) }
    rocksdb_block_based_options_set_block_cache(table, cache)
    rocksdb_block_based_options_set_block_size(table, column.blockBytes)
    rocksdb_block_based_options_set_format_version(table, 5)
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1)
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(table, 1)
    if column.bloomBitsPerKey > 0 {
      rocksdb_block_based_options_set_filter_policy(
        table, rocksdb_filterpolicy_create_bloom_full(column.bloomBitsPerKey))
      rocksdb_block_based_options_set_whole_key_filtering(table, column.prefixLength == nil ? 1 : 0)
    }
    rocksdb_options_set_block_based_table_factory(options, table)
    return options
  }
}
