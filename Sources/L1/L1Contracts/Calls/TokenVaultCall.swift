import Primitives

/// Calls of the vault that holds what is deposited.
///
/// Source: era-contracts `bridge/ntv/INativeTokenVault.sol`.
public enum TokenVaultCall {
  /// What a chain has deposited of an asset and not withdrawn.
  public static func chainBalance(_ chainID: UInt64, asset: Bytes32) -> ContractCall<UInt256> {
    ContractCall("chainBalance(uint256,bytes32)") {
      $0.append(chainID)
      $0.append(asset)
    }
  }
}
