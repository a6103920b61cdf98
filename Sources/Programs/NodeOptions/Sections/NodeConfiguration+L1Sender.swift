import JSONRPC
import Primitives

extension NodeConfiguration {
  /// How batches are settled on L1, and with whose money.
  public struct L1Sender: OptionSection {
    static let title = "L1 sender"
    private static let defaultURL = "ws://localhost:8545"
    /// That of the reference node, with which its development chains are set up.
    package static let defaultOperatorKey = "0xc9ee945b2f6d4c462a743f5af3904a4ee78aec0218f1f4f3c53d0bfbf809b520"

    /// In the order of preference; none for no settlement.
    public var endpoints: [RPCEndpoint]
    public var chainID: UInt64
    /// Not checked: a bad key turns the sender off.
    public var operatorKey: String
    public var proveKey: String
    public var executeKey: String
    public var bridgehub: Address
    /// Gwei.
    public var maxFeePerGas: UInt64
    /// Gwei.
    public var maxPriorityFeePerGas: UInt64
    public var commandLimit: Int
    public var confirmations: UInt64
    public var proving: L1ProofKind
    public var finality: L1FinalityRule
    public var pollInterval: Duration
    public var maxUnsettledBlocks: UInt64

    /// Whether nobody has said where L1 is.
    public var isDefault: Bool { endpoints == [RPCEndpoint(Self.defaultURL)].compactMap(\.self) }

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      endpoints = try read(
        "l1_sender_l1_api_url", default: Self.defaultURL, .endpoints,
        "JSON-RPC of the L1 that batches are settled on, as l1_watcher_l1_api_url; empty to settle nothing. With "
          + "development_l1_enabled that one, unless set")
      chainID = try read(
        "l1_sender_chain_id", default: "270", .unsigned(1...UInt64(Int64.max)),
        "id under which the bridgehub knows the chain. With development_l1_enabled that of rpc_chain_id, unless set")
      operatorKey = try read(
        "l1_sender_operator_private_key", default: Self.defaultOperatorKey, .secret,
        "signs what settles batches. Everybody knows the default")
      proveKey = try read(
        "l1_sender_prove_private_key", default: "", .secret,
        "signs what proves batches, on a nonce of its own; empty for the operator's")
      executeKey = try read(
        "l1_sender_execute_private_key", default: "", .secret,
        "signs what executes batches, on a nonce of its own; empty for the operator's")
      bridgehub = try read(
        "l1_sender_bridgehub_address", default: "0x4b37536b9824c4a4cf3d15362135e346adb7cb9c", .address,
        "the contract on L1 by which all others are found")
      maxFeePerGas = try read(
        "l1_sender_max_fee_per_gas_gwei", default: "100", .unsigned(1...1_000_000_000),
        "most that is paid per gas on L1; while it costs more, batches wait")
      maxPriorityFeePerGas = try read(
        "l1_sender_max_priority_fee_per_gas_gwei", default: "2", .unsigned(0...1_000_000_000),
        "most that is paid per gas beyond L1's base fee")
      commandLimit = try read(
        "l1_sender_command_limit", default: "16", .integer(0...1_000),
        "transactions of one key that may wait on L1; 0 turns the sender off")
      confirmations = try read(
        "l1_sender_confirmations", default: "0", .unsigned(0...1_000_000),
        "blocks of L1 that must follow one before what it says of batches counts as safe; 2 or more where L1 may be "
          + "reorganised")
      proving = try read(
        "l1_sender_prove", default: "empty", .word,
        "what L1 gets as proof of proved batches: an empty one, which only verifiers of test chains accept, or off: batches "
          + "stay committed")
      finality = try read(
        "l1_sender_finality", default: "auto", .word,
        "when a block is finalized: once its batch is executed, or executed in a block that L1 calls finalized; auto is "
          + "executed with development_l1_enabled, whose blocks come with transactions only, else l1_finalized")
      pollInterval = try read(
        "l1_sender_poll_interval", default: "1s", .positiveDuration,
        "time between two looks at L1 while nothing happens here")
      maxUnsettledBlocks = try read(
        "l1_sender_max_unsettled_blocks", default: "1000", .unsigned(1...1_000_000_000),
        "blocks that may wait for L1, once it was reached, before block production waits for them")
    }
  }
}

/// What L1 gets as the proof of a batch.
public enum L1ProofKind: String, Sendable, CaseIterable {
  case empty, off
}

/// When a block is finalized.
public enum L1FinalityRule: String, Sendable, CaseIterable {
  case auto, executed
  case l1Finalized = "l1_finalized"
}
