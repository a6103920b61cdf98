import Primitives

/// Calls of the operator's door to the chain. What a batch is made of stands in `data`, behind its version byte.
///
/// Source: era-contracts `state-transition/chain-interfaces/IExecutor.sol`, `state-transition/ValidatorTimelock.sol`.
public enum ValidatorTimelockCall {
  /// - Parameter data: 0 ‖ ABI(StoredBatchInfo previous, CommitBoojumOSBatchInfo[] batches), with one batch.
  public static func commitBatches(
    _ chainID: UInt64, _ batches: ClosedRange<UInt64>, data: [UInt8]
  ) -> ContractCall<Void> {
    forwarded("commitBatchesSharedBridge", chainID, batches, data)
  }

  /// - Parameter data: 0 ‖ ABI(StoredBatchInfo previous, StoredBatchInfo[] batches, uint256[] proof).
  public static func proveBatches(
    _ chainID: UInt64, _ batches: ClosedRange<UInt64>, data: [UInt8]
  ) -> ContractCall<Void> {
    forwarded("proveBatchesSharedBridge", chainID, batches, data)
  }

  /// - Parameter data: 0 ‖ ABI(StoredBatchInfo[] batches, PriorityOpsBatchInfo[] requests).
  public static func executeBatches(
    _ chainID: UInt64, _ batches: ClosedRange<UInt64>, data: [UInt8]
  ) -> ContractCall<Void> {
    forwarded("executeBatchesSharedBridge", chainID, batches, data)
  }

  /// Forgets committed batches behind `newLast`; executed ones stay.
  public static func revertBatches(_ chainID: UInt64, newLast: UInt64) -> ContractCall<Void> {
    ContractCall("revertBatchesSharedBridge(uint256,uint256)") {
      $0.append(chainID)
      $0.append(newLast)
    }
  }

  /// Whether an account may commit, prove and execute.
  public static func isValidator(_ chainID: UInt64, _ account: Address) -> ContractCall<Bool> {
    ContractCall("validators(uint256,address)") {
      $0.append(chainID)
      $0.append(account)
    }
  }

  private static func forwarded(
    _ name: String, _ chainID: UInt64, _ batches: ClosedRange<UInt64>, _ data: [UInt8]
  ) -> ContractCall<Void> {
    ContractCall("\(name)(uint256,uint256,uint256,bytes)") {
      $0.append(chainID)
      $0.append(batches.lowerBound)
      $0.append(batches.upperBound)
      $0.append(bytes: data)
    }
  }
}
