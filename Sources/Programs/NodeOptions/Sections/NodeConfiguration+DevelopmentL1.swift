extension NodeConfiguration {
  /// An Ethereum chain in the node's process, for development and tests: L1 and L2 in one program.
  public struct DevelopmentL1: OptionSection {
    static let title = "Development L1"

    public var isEnabled: Bool
    public var address: Endpoint
    /// Zero where a block is made for each transaction only.
    public var blockTime: Duration
    public var chainID: UInt64
    public var hardfork: DevelopmentL1Hardfork
    public var slotsInAnEpoch: UInt64
    public var state: DevelopmentL1State
    /// Empty where there is none.
    public var loadState: String

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      isEnabled = try read(
        "development_l1_enabled", default: "false", .boolean,
        "whether the node runs an L1 of its own, with the contracts of its chain")
      address = try read(
        "development_l1_address", default: "localhost:8545", .endpoint,
        "where that L1 is reached, HTTP and WebSocket; localhost is 127.0.0.1 and ::1")
      blockTime = try read(
        "development_l1_block_time", default: "0s", .duration,
        "time between two blocks of that L1, beside one for each transaction; 0s for no others")
      chainID = try read(
        "development_l1_chain_id", default: "9", .unsigned(1...UInt64(Int64.max)), "what signatures on that L1 name")
      hardfork = try read("development_l1_hardfork", default: "cancun", .word, "the rules of that L1")
      slotsInAnEpoch = try read(
        "development_l1_slots_in_an_epoch", default: "1", .unsigned(0...1_000_000),
        "its block safe is so many behind the newest, finalized twice as many")
      state = try read(
        "development_l1_state", default: "disk", .word,
        "where that L1 is kept: on disk, in the folder l1 of the databases, or in memory as long as the node runs")
      loadState = try read(
        "development_l1_load_state", default: "", .optionalPath,
        "a state dump of anvil with which that L1 begins, in place of the contracts that it comes with")
    }
  }
}

/// The rules of the development L1 by their names.
public enum DevelopmentL1Hardfork: String, Sendable, CaseIterable {
  case cancun, prague
}

/// Where the development L1 is kept.
public enum DevelopmentL1State: String, Sendable, CaseIterable {
  case disk, memory
}
