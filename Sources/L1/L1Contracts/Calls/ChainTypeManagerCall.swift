import Primitives

/// Calls of the contract that chains of a kind share.
///
/// Source: era-contracts `state-transition/IChainTypeManager.sol`.
public enum ChainTypeManagerCall {
  /// Where operators commit, prove and execute.
  public static let validatorTimelock = ContractCall<Address>("validatorTimelock()")

  /// The hash of the batch before the first.
  public static let storedBatchZero = ContractCall<Bytes32>("storedBatchZero()")
}
