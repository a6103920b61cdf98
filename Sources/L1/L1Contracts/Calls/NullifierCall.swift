import Primitives

/// A message of L2 and its place, as L1 wants to see it before it pays.
public struct ProvedMessage: Sendable, Equatable {
  public var batch: UInt64
  /// Among all logs of the batch.
  public var index: UInt64
  /// Who sent the message on L2.
  public var sender: Address
  public var transactionNumber: UInt16
  public var message: [UInt8]
  /// A word of metadata, then siblings from the leaf upwards.
  public var proof: [Bytes32]

  public init(
    batch: UInt64, index: UInt64, sender: Address, transactionNumber: UInt16, message: [UInt8], proof: [Bytes32]
  ) {
    self.batch = batch
    self.index = index
    self.sender = sender
    self.transactionNumber = transactionNumber
    self.message = message
    self.proof = proof
  }
}

/// Calls about withdrawals, of the nullifier; those with a note also of the asset router.
///
/// Source: era-contracts `bridge/interfaces/IL1Nullifier.sol`.
public enum NullifierCall {
  /// Pays out a withdrawal.
  public static func finalizeDeposit(_ chainID: UInt64, _ withdrawal: ProvedMessage) -> ContractCall<Void> {
    ContractCall("finalizeDeposit((uint256,uint256,uint256,address,uint16,bytes,bytes32[]))") {
      $0.appendTuple { tuple in
        tuple.append(chainID)
        tuple.append(withdrawal.batch)
        tuple.append(withdrawal.index)
        tuple.append(withdrawal.sender)
        tuple.append(UInt64(withdrawal.transactionNumber))
        tuple.append(bytes: withdrawal.message)
        tuple.appendArray(withdrawal.proof) { $0.append($1) }
      }
    }
  }

  /// Pays out a withdrawal without being told its sender: the call of older clients. Also of the asset router.
  public static func finalizeWithdrawal(_ chainID: UInt64, _ withdrawal: ProvedMessage) -> ContractCall<Void> {
    ContractCall("finalizeWithdrawal(uint256,uint256,uint256,uint16,bytes,bytes32[])") {
      $0.append(chainID)
      $0.append(withdrawal.batch)
      $0.append(withdrawal.index)
      $0.append(UInt64(withdrawal.transactionNumber))
      $0.append(bytes: withdrawal.message)
      $0.appendArray(withdrawal.proof) { $0.append($1) }
    }
  }

  /// Whether a withdrawal is paid out. Also of the asset router.
  public static func isWithdrawalFinalized(_ chainID: UInt64, batch: UInt64, index: UInt64) -> ContractCall<Bool> {
    ContractCall("isWithdrawalFinalized(uint256,uint256,uint256)") {
      $0.append(chainID)
      $0.append(batch)
      $0.append(index)
    }
  }
}
