import JSONRPC

extension NodeConfiguration {
  /// What the node is among the nodes of its chain, and where it has blocks from.
  public struct Replication: OptionSection {
    static let title = "Replication"

    public var role: NodeRole
    /// Where the feed of the node is that this one follows; `nil` where it follows none.
    public var mainNode: RPCEndpoint?
    /// Empty for none.
    public var mainNodeToken: String
    /// Where transactions go; `nil` for nowhere.
    public var mainNodeRPC: RPCEndpoint?
    /// Empty for those of the system.
    public var trustedCertificates: String
    public var forwardTimeout: Duration
    public var servesRPC: Bool
    public var keepsTree: Bool
    public var isFeedEnabled: Bool
    public var feedAddress: Endpoint
    /// Empty for none.
    public var feedToken: String
    public var isFeedOpen: Bool
    public var maxFollowers: Int
    /// Bytes a second.
    public var catchUpBytes: Int

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      role = try read(
        "node_role", default: "sequencer", .word,
        "sequencer: builds the blocks of the chain; read: executes and checks those of main_node_url, and serves clients"
      )
      mainNode = try read(
        "main_node_url", default: "", .optionalHTTPEndpoint,
        "replay feed of the node that a read node follows, http:// or https://, such as http://10.0.0.1:3053")
      mainNodeToken = try read(
        "main_node_token", default: "", .secret, "what that feed wants to be shown: its replay_feed_token")
      mainNodeRPC = try read(
        "main_node_rpc_url", default: "", .optionalHTTPEndpoint,
        "JSON-RPC of that node, to which a read node sends the transactions that it gets; empty for a node that takes none"
      )
      trustedCertificates = try read(
        "main_node_trusted_certificates", default: "", .optionalPath,
        "PEM file with the certificates that https:// main nodes are trusted by; empty for the system's")
      forwardTimeout = try read(
        "main_node_forward_timeout", default: "5s", .positiveDuration,
        "time that the main node has to answer for a transaction, attempts to reach it included")
      servesRPC = try read(
        "rpc_component_enabled", default: "true", .boolean,
        "whether a read node answers JSON-RPC; without, it stands by for others that follow it")
      keepsTree = try read(
        "tree_component_enabled", default: "true", .boolean,
        "whether a read node keeps the state tree, for proofs of the state and to compare it with the main node's")
      isFeedEnabled = try read(
        "replay_feed_enabled", default: "false", .boolean, "whether other nodes may follow this one")
      feedAddress = try read(
        "replay_feed_address", default: "127.0.0.1:3053", .endpoint, "where they find its blocks")
      feedToken = try read(
        "replay_feed_token", default: "", .secret,
        "what they must show, as Authorization: Bearer; needed where the address is not of this machine alone")
      isFeedOpen = try read(
        "replay_feed_open", default: "false", .boolean, "let everybody who reaches the address follow")
      maxFollowers = try read(
        "replay_feed_max_followers", default: "32", .integer(1...10_000), "nodes that follow this one at a time")
      catchUpBytes = try read(
        "replay_feed_catch_up_bytes_per_second", default: "67108864", .integer(1_024...(1 << 40)),
        "bytes a second of old blocks that each of them gets; new blocks are not held back")
    }
  }
}

/// What a node is among the nodes of its chain.
public enum NodeRole: String, Sendable, CaseIterable {
  case sequencer, read
}

extension OptionForm<RPCEndpoint?> {
  /// A URL, or nothing. It may hold secrets, so that what is wrong with it is said without it.
  static var optionalHTTPEndpoint: Self {
    OptionForm("a URL such as https://host[:port][/path], or nothing", isSecret: true) { text in
      if text.isEmpty { return .some(nil) }
      guard let endpoint = RPCEndpoint(text), endpoint.isHTTP else { return nil }
      return endpoint
    }
  }
}
