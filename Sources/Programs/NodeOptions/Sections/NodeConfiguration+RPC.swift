import HTTP

extension NodeConfiguration {
  /// Where JSON-RPC is served, and what clients may take.
  public struct RPC: OptionSection {
    static let title = "JSON-RPC"

    public var address: Endpoint
    public var chainID: UInt64
    public var blockHeaders: BlockHeaders
    public var callGas: UInt64
    public var maxConnections: Int
    /// 0 for half of all.
    public var maxConnectionsPerAddress: Int
    /// Clients without limits of their own, and proxies that name their clients.
    public var trustedAddresses: [IPAddressRange]
    public var trustedProxies: [IPAddressRange]
    public var maxRequestBytes: Int
    public var maxResponseBytes: Int
    public var maxBatchCalls: Int
    public var requestTimeLimit: Duration
    public var maxSubscriptionsPerConnection: Int
    /// Bytes that requests and responses of all clients together may take.
    public var maxMemoryBytes: Int
    public var memoryWait: Duration
    /// Bytes of one result that goes out while it is written.
    public var maxStreamedBytes: Int
    /// Threads for calls that a client can make take long; 0 for half of the processors.
    public var heavyThreads: Int
    public var heavyTimeLimit: Duration
    public var maxHeavyCallsPerConnection: Int
    public var syncTimeout: Duration
    public var maxSyncTimeout: Duration
    public var maxBlocksPerFilter: UInt64
    public var maxLogsPerResponse: Int
    public var staleFilterTime: Duration
    public var maxFilters: Int
    public var maxFiltersPerClient: Int
    public var maxFilterBytes: Int
    /// Addresses and topics that log subscriptions name.
    public var maxLogTermsPerConnection: Int
    public var maxLogTerms: Int

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      address = try read("rpc_address", default: "0.0.0.0:3050", .endpoint, "where JSON-RPC listens")
      chainID = try read(
        "rpc_chain_id", default: "270", .unsigned(1...UInt64(UInt32.max)), "chain id that the node executes and reports"
      )
      blockHeaders = try read(
        "rpc_block_headers", default: "linked", .word,
        "headers that clients see: linked, with the parent's hash, gas and bloom, or hashed, with the zeros that the hash "
          + "of a block covers")
      callGas = try read(
        "rpc_eth_call_gas", default: "10000000", .unsigned(21_000...(1 << 40)), "gas of an eth_call that names none")
      maxConnections = try read(
        "rpc_max_connections", default: "1000", .integer(1...1_000_000),
        "open connections; for a further one the address with the most gives one up")
      maxConnectionsPerAddress = try read(
        "rpc_max_connections_per_address", default: "0", .integer(0...1_000_000),
        "the same for one address (IPv6: one /64); 0 for half of all")
      trustedAddresses = try read(
        "rpc_trusted_addresses", default: "", .addresses, "clients without limits of their own")
      trustedProxies = try read(
        "rpc_trusted_proxies", default: "", .addresses, "proxies whose X-Forwarded-For says who the client is")
      maxRequestBytes = try read(
        "rpc_max_request_bytes", default: "10485760", .integer(1_024...(1 << 30)),
        "bytes of one request, or WebSocket message")
      maxResponseBytes = try read(
        "rpc_max_response_bytes", default: "10485760", .integer(65_536...(1 << 30)),
        "bytes of one answer, or of a batch's together; receipts, blocks and the logs of one block are given whole")
      maxBatchCalls = try read(
        "rpc_max_batch_calls", default: "1000", .integer(1...1_000_000), "calls in one batch")
      requestTimeLimit = try read(
        "rpc_request_time_limit", default: "15s", .duration, "a request, or a WebSocket message, has come whole by then"
      )
      maxSubscriptionsPerConnection = try read(
        "rpc_max_subscriptions_per_connection", default: "32", .integer(0...100_000),
        "subscriptions that one WebSocket connection holds")
      maxMemoryBytes = try read(
        "rpc_max_memory_bytes", default: "201326592", .integer(1 << 20...(1 << 40)),
        "bytes of requests and responses held for all clients")
      memoryWait = try read(
        "rpc_memory_wait", default: "2s", .duration,
        "a request that has come in part is refused where there is no room for the rest for so long")
      maxStreamedBytes = try read(
        "rpc_max_streamed_bytes", default: "1073741824", .integer(1 << 20...(1 << 40)),
        "bytes of one result, as a trace, that goes out in pieces while it is written")
      heavyThreads = try read(
        "rpc_heavy_threads", default: "0", .integer(0...1_024),
        "threads for eth_call, eth_estimateGas and the like; 0 for half of the processors, at least two")
      heavyTimeLimit = try read(
        "rpc_heavy_time_limit", default: "5s", .duration,
        "a request or batch with such calls is cancelled after this time")
      syncTimeout = try read(
        "rpc_send_raw_transaction_sync_timeout", default: "2s", .duration,
        "how long eth_sendRawTransactionSync waits for a block where the client does not say")
      maxSyncTimeout = try read(
        "rpc_send_raw_transaction_sync_max_timeout", default: "10s", .duration,
        "how long eth_sendRawTransactionSync waits at most")
      maxHeavyCallsPerConnection = try read(
        "rpc_max_heavy_calls_per_connection", default: "16", .integer(1...1_000),
        "requests with such calls that one WebSocket connection has waiting and running")
      maxBlocksPerFilter = try read(
        "rpc_max_blocks_per_filter", default: "100000", .unsigned(1...UInt64(Int64.max)),
        "blocks that one log query spans where it names no address and no topic")
      maxLogsPerResponse = try read(
        "rpc_max_logs_per_response", default: "20000", .integer(1...10_000_000), "logs that one query returns")
      staleFilterTime = try read(
        "rpc_stale_filter_ttl", default: "15 min", .duration, "life of a filter that nobody polls")
      maxFilters = try read(
        "rpc_max_filters", default: "10000", .integer(1...10_000_000),
        "filters at once; for a further one the one that nobody has polled for longest goes, if for 10 s")
      maxFiltersPerClient = try read(
        "rpc_max_filters_per_client", default: "1000", .integer(1...10_000_000), "filters of one client")
      maxFilterBytes = try read(
        "rpc_max_filter_bytes", default: "16777216", .integer(65_536...(1 << 40)),
        "bytes of what all filters ask for; a quarter for one client")
      maxLogTermsPerConnection = try read(
        "rpc_max_log_terms_per_connection", default: "10000", .integer(0...100_000_000),
        "addresses and topics that the log subscriptions of one connection name")
      maxLogTerms = try read(
        "rpc_max_log_terms", default: "500000", .integer(0...1_000_000_000),
        "the same for all connections; a quarter for one client")
    }
  }
}

/// Which headers clients see.
public enum BlockHeaders: String, CaseIterable, Sendable {
  case linked, hashed
}
