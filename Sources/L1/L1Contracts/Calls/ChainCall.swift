import Primitives

/// Calls of the chain's contract, the diamond of the reference.
///
/// Source: era-contracts `state-transition/chain-interfaces/IGetters.sol`, `IMailbox.sol`.
public enum ChainCall {
  public static let getTotalBatchesCommitted = ContractCall<UInt64>("getTotalBatchesCommitted()")
  public static let getTotalBatchesVerified = ContractCall<UInt64>("getTotalBatchesVerified()")
  public static let getTotalBatchesExecuted = ContractCall<UInt64>("getTotalBatchesExecuted()")
  /// Requests so far: the id of the next.
  public static let getTotalPriorityTxs = ContractCall<UInt64>("getTotalPriorityTxs()")
  /// The id of the first request that is in no executed batch.
  public static let getFirstUnprocessedPriorityTx = ContractCall<UInt64>("getFirstUnprocessedPriorityTx()")
  public static let getPriorityTreeRoot = ContractCall<Bytes32>("getPriorityTreeRoot()")
  /// 0 for a rollup, whose pubdata stands on L1; 1 for a validium.
  public static let getPubdataPricingMode = ContractCall<UInt64>("getPubdataPricingMode()")

  /// keccak256 of the eight words of a committed batch; zero for one that is not.
  public static func storedBatchHash(_ batch: UInt64) -> ContractCall<Bytes32> {
    ContractCall("storedBatchHash(uint256)") { $0.append(batch) }
  }

  /// The root of the logs of an executed batch; zero for one that is not.
  public static func l2LogsRootHash(_ batch: UInt64) -> ContractCall<Bytes32> {
    ContractCall("l2LogsRootHash(uint256)") { $0.append(batch) }
  }

  /// Makes the request with id 0, once, in a deployment that begins with the forced deposit. Only our own contract has it.
  public static let requestForcedDeposit = ContractCall<Bytes32>("requestForcedDeposit()")
}
