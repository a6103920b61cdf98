extension NodeConfiguration {
  /// What only whoever develops wants of a chain.
  public struct Development: OptionSection {
    static let title = "Development"

    public var hasMethods: Bool
    public var hasContracts: Bool

    init(_ read: inout OptionReader) throws(ConfigurationError) {
      hasMethods = try read(
        "development_methods_enabled", default: "false", .boolean,
        "whether whoever reaches JSON-RPC makes blocks, moves the time and is given funds: the evm_, anvil_ and hardhat_ methods "
          + "whose blocks can be proved")
      hasContracts = try read(
        "development_contracts_enabled", default: "false", .boolean,
        "whether the first block of a new chain has the CREATE2 deployer and a token that everybody may mint")
    }
  }
}
