import ProverInput

/// Every option of the node. Names and defaults are those of the Rust node where it has the option.
public enum NodeOptions {
  // JSON-RPC
  static let rpcAddress = Option("rpc_address", default: "0.0.0.0:3050", .endpoint, "where JSON-RPC listens")
  static let rpcChainID = Option(
    "rpc_chain_id", default: "270", .unsigned(1...UInt64(UInt32.max)), "chain id that the node executes and reports")
  static let rpcEthCallGas = Option(
    "rpc_eth_call_gas", default: "10000000", .unsigned(21_000...(1 << 40)), "gas of an eth_call that names none")
  static let rpcMaxConnections = Option(
    "rpc_max_connections", default: "1000", .integer(1...1_000_000), "open connections; further ones are refused")
  static let rpcMaxBlocksPerFilter = Option(
    "rpc_max_blocks_per_filter", default: "100000", .unsigned(1...UInt64(Int64.max)), "blocks that one log query spans")
  static let rpcMaxLogsPerResponse = Option(
    "rpc_max_logs_per_response", default: "20000", .integer(1...10_000_000), "logs that one query returns")
  static let rpcStaleFilterTTL = Option(
    "rpc_stale_filter_ttl", default: "15 min", .duration, "life of a filter that nobody polls")

  // Mempool
  static let mempoolMaxTransactionInputBytes = Option(
    "mempool_max_tx_input_bytes", default: "134217728", .integer(0...(1 << 31)), "longest calldata accepted")
  static let mempoolMaxTransactions = Option(
    "mempool_max_transactions", default: "100000", .integer(1...10_000_000), "transactions held")
  static let mempoolMaxBytes = Option(
    "mempool_max_bytes", default: "268435456", .integer(1 << 20...(1 << 40)), "bytes of the transactions held")

  // Sequencer
  static let sequencerDatabasePath = Option(
    "sequencer_rocks_db_path", default: "./db/node1", .path, "folder of every database")
  static let sequencerBlockTime = Option(
    "sequencer_block_time", default: "100ms", .duration, "a block is sealed this long after its first transaction")
  static let sequencerMaxTransactionsInBlock = Option(
    "sequencer_max_transactions_in_block", default: "1000", .integer(1...1_000_000), "transactions that seal a block")
  static let sequencerMaxBlockGas = Option(
    "sequencer_max_block_gas", default: "100000000", .unsigned(1_000_000...(1 << 50)), "gas that seals a block")
  static let sequencerMaxBlockPubdata = Option(
    "sequencer_max_block_pubdata", default: "110000", .integer(1_000...(1 << 30)), "pubdata bytes that seal a block")

  static let sequencerBlocksToRetainInMemory = Option(
    "sequencer_blocks_to_retain_in_memory", default: "64", .integer(0...100_000),
    "blocks answered from memory; older ones, with their state, come from disk")

  // State tree
  static let treeCacheBytes = Option(
    "tree_cache_bytes", default: "268435456", .integer(16 << 20...(1 << 40)), "memory for pages of the state tree")
  static let treeRetainedBlocks = Option(
    "tree_retained_blocks", default: "1000", .unsigned(1_000...UInt64(Int64.max)),
    "blocks behind the newest whose state can be proven, at least")

  // Settlement
  static let batcherEnabled = Option(
    "batcher_component_enabled", default: "true", .boolean, "make batches and proof jobs, where there are provers")
  static let batcherMaxInFlightBlocks = Option(
    "batcher_maximum_in_flight_blocks", default: "10", .integer(1...1_000), "prover inputs made at the same time")
  static let proverInputMode = Option(
    "prover_input_mode", default: "native", OptionForm<ProverInputMode>.word,
    "where prover inputs come from: native, guest (needs the image), or both, compared")
  static let proverInputImage = Option(
    "prover_input_image", default: "", OptionForm<String>.optionalPath, "the guest's image, server_app.bin")
  static let proverAPIEnabled = Option(
    "prover_api_component_enabled", default: "false", .boolean, "whether blocks are batched and handed to provers")
  static let proverAPIAddress = Option(
    "prover_api_address", default: "0.0.0.0:3124", .endpoint, "where provers find their jobs")
  static let proverAPIJobTimeout = Option(
    "prover_api_job_timeout", default: "180s", .duration, "a job is given to another prover after this time")
  static let proverAPIMaxUnprovedBlocks = Option(
    "prover_api_max_unproved_blocks", default: "1000", .integer(1...1_000_000),
    "unproved batches at which no more are made; blocks go on for some 100")
  static let fakeProvers = Option(
    "prover_api_fake_provers", default: "0", .integer(0...64), "provers that send fake proofs, for chains without GPU")

  // Operations
  static let metricsAddress = Option(
    "metrics_address", default: "0.0.0.0:3312", .endpoint, "where Prometheus finds the metrics")
  static let logFormat = Option("log_format", default: "text", OptionForm<LogFormat>.word, "form of the log lines")
  static let logLevel = Option("log_level", default: "info", OptionForm<LogLevel>.word, "least severe level written")

  /// Every option, for help texts and for telling unknown names.
  public static let all: [OptionDescription] = [
    OptionDescription(rpcAddress), OptionDescription(rpcChainID), OptionDescription(rpcEthCallGas),
    OptionDescription(rpcMaxConnections), OptionDescription(rpcMaxBlocksPerFilter),
    OptionDescription(rpcMaxLogsPerResponse), OptionDescription(rpcStaleFilterTTL),
    OptionDescription(mempoolMaxTransactionInputBytes), OptionDescription(mempoolMaxTransactions),
    OptionDescription(mempoolMaxBytes), OptionDescription(sequencerDatabasePath), OptionDescription(sequencerBlockTime),
    OptionDescription(sequencerMaxTransactionsInBlock), OptionDescription(sequencerMaxBlockGas),
    OptionDescription(sequencerMaxBlockPubdata), OptionDescription(sequencerBlocksToRetainInMemory),
    OptionDescription(treeCacheBytes), OptionDescription(treeRetainedBlocks), OptionDescription(batcherEnabled),
    OptionDescription(batcherMaxInFlightBlocks),
    OptionDescription(proverInputMode), OptionDescription(proverInputImage), OptionDescription(proverAPIEnabled),
    OptionDescription(proverAPIAddress), OptionDescription(proverAPIJobTimeout),
    OptionDescription(proverAPIMaxUnprovedBlocks), OptionDescription(fakeProvers), OptionDescription(metricsAddress),
    OptionDescription(logFormat), OptionDescription(logLevel),
  ]

  /// What `--help` prints.
  public static var help: String {
    let width = all.map(\.name.count).max() ?? 0
    let lines = all.map { option in
      let name = "--" + String(option.name.map { $0 == "_" ? "-" : $0 })
      let padding = String(repeating: " ", count: width + 4 - name.count)
      return "  \(name)\(padding)\(option.help) [\(option.defaultText)]"
    }
    return """
      USAGE: sequencer [--config-file FILE] [OPTION VALUE]…

      The sequencer of a ZKsync OS chain. Each option may also be given in the environment (RPC_ADDRESS) or in the YAML
      file (rpc_address: …); the command line wins over the environment, the environment over the file.

      OPTIONS:
      \(lines.joined(separator: "\n"))
      """
  }
}
