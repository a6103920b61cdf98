import JSONRPC
import Primitives

extension NodeConfiguration {
  /// What L1 requests of the chain, and where L1 is.
  public struct L1Watcher: OptionSection {
    static let title = "L1 watcher"
    private static let defaultURL = "ws://localhost:8545"

    /// In the order of preference; none for no L1.
    public var endpoints: [RPCEndpoint]
    public var chainID: UInt64
    public var bridgehub: Address
    public var blocksPerCall: UInt64
    public var pollInterval: Duration
    public var confirmations: UInt64
    /// Empty for the folder of the other databases.
    public var databasePath: String
    public var hasForcedDeposit: Bool
    public var callTimeout: Duration
    /// Empty for those of the system.
    public var trustedCertificates: String

    /// Whether nobody has said where L1 is.
    public var isDefault: Bool { endpoints == [RPCEndpoint(Self.defaultURL)].compactMap(\.self) }

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      endpoints = try read(
        "l1_watcher_l1_api_url", default: Self.defaultURL, .endpoints,
        "JSON-RPC of L1: ws://, wss://, http:// or https://; several, separated by commas, in the order of preference; empty "
          + "for no L1. With development_l1_enabled that one, unless set")
      chainID = try read(
        "l1_watcher_chain_id", default: "270", .unsigned(1...UInt64(Int64.max)),
        "id under which the bridgehub knows the chain. With development_l1_enabled that of rpc_chain_id, unless set")
      bridgehub = try read(
        "l1_watcher_bridgehub_address", default: "0x4b37536b9824c4a4cf3d15362135e346adb7cb9c", .address,
        "the contract on L1 by which all others are found")
      blocksPerCall = try read(
        "l1_watcher_max_blocks_to_process", default: "100", .unsigned(1...1_000_000),
        "blocks of L1 that one call asks for requests")
      pollInterval = try read(
        "l1_watcher_poll_interval", default: "100ms", .positiveDuration, "time between two looks at L1")
      confirmations = try read(
        "l1_watcher_confirmations", default: "0", .unsigned(0...1_000_000),
        "blocks of L1 that must follow the one with a request before it is taken; 2 or more where L1 may be reorganised"
      )
      databasePath = try read(
        "l1_watcher_rocks_db_path", default: "", .optionalPath,
        "folder of the queue of requests, l1_watcher; empty for sequencer_rocks_db_path")
      hasForcedDeposit = try read(
        "l1_forced_deposit", default: "true", .boolean,
        "whether a new chain begins with the deposit that funds the rich account, whatever L1 has as request 0")
      callTimeout = try read(
        "l1_call_timeout", default: "10s", .positiveDuration, "time that a node of L1 has to answer one call")
      trustedCertificates = try read(
        "l1_trusted_certificates", default: "", .optionalPath,
        "PEM file with the certificates that https:// and wss:// nodes of L1 are trusted by; empty for the system's")
    }
  }
}
