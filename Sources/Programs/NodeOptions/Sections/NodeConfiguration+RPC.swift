extension NodeConfiguration {
  /// Where JSON-RPC is served, and what clients may take.
  public struct RPC: OptionSection {
    static let title = "JSON-RPC"

    public var address: Endpoint
    public var chainID: UInt64
    public var callGas: UInt64
    public var maxConnections: Int
    public var maxSubscriptionsPerConnection: Int
    /// Bytes that requests and responses of all clients together may take.
    public var maxMemoryBytes: Int
    /// Threads for calls that a client can make take long; 0 for half of the processors.
    public var heavyThreads: Int
    public var heavyTimeLimit: Duration
    public var maxHeavyCallsPerConnection: Int
    public var maxBlocksPerFilter: UInt64
    public var maxLogsPerResponse: Int
    public var staleFilterTime: Duration

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      address = try read("rpc_address", default: "0.0.0.0:3050", .endpoint, "where JSON-RPC listens")
      chainID = try read(
        "rpc_chain_id", default: "270", .unsigned(1...UInt64(UInt32.max)), "chain id that the node executes and reports"
      )
      callGas = try read(
        "rpc_eth_call_gas", default: "10000000", .unsigned(21_000...(1 << 40)), "gas of an eth_call that names none")
      maxConnections = try read(
        "rpc_max_connections", default: "1000", .integer(1...1_000_000), "open connections; further ones are refused")
      maxSubscriptionsPerConnection = try read(
        "rpc_max_subscriptions_per_connection", default: "32", .integer(0...100_000),
        "subscriptions that one WebSocket connection holds")
      maxMemoryBytes = try read(
        "rpc_max_memory_bytes", default: "268435456", .integer(1 << 20...(1 << 40)),
        "bytes of requests and responses held for all clients")
      heavyThreads = try read(
        "rpc_heavy_threads", default: "0", .integer(0...1_024),
        "threads for eth_call, eth_estimateGas and the like; 0 for half of the processors")
      heavyTimeLimit = try read(
        "rpc_heavy_time_limit", default: "5s", .duration,
        "a request or batch with such calls is cancelled after this time")
      maxHeavyCallsPerConnection = try read(
        "rpc_max_heavy_calls_per_connection", default: "16", .integer(1...1_000),
        "requests with such calls that one WebSocket connection has waiting and running")
      maxBlocksPerFilter = try read(
        "rpc_max_blocks_per_filter", default: "100000", .unsigned(1...UInt64(Int64.max)),
        "blocks that one log query spans")
      maxLogsPerResponse = try read(
        "rpc_max_logs_per_response", default: "20000", .integer(1...10_000_000), "logs that one query returns")
      staleFilterTime = try read(
        "rpc_stale_filter_ttl", default: "15 min", .duration, "life of a filter that nobody polls")
    }
  }
}
