import Primitives

/// Why a block cannot contain a transaction.
public enum TransactionRefusal: Error, Equatable, Sendable {
  /// The fork has no such transaction type.
  case unsupportedType
  case wrongChainID
  case nonceTooLow
  case nonceTooHigh
  /// The sender's nonce is 2^64 − 1 (EIP-2681).
  case nonceOverflow
  /// The sender has code (EIP-3607).
  case senderHasCode
  case gasLimitAboveBlock
  case intrinsicGasTooLow
  /// More than 49,152 bytes of init code (EIP-3860).
  case initCodeTooLarge
  case maxFeeBelowBaseFee
  case priorityFeeAboveMaxFee
  case insufficientFunds
  case blobTransactionWithoutBlobs
  case blobTransactionCreates
  case tooManyBlobs
  case unknownBlobVersion
  case maxFeeBelowBlobBaseFee
}
