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
  /// More gas than what is left of this block; the next one has room.
  case gasLimitAboveRest
  case intrinsicGasTooLow
  /// More than 49,152 bytes of init code (EIP-3860).
  case initCodeTooLarge
  case maxFeeBelowBaseFee
  case priorityFeeAboveMaxFee
  case insufficientFunds
  case blobTransactionWithoutBlobs
  case blobTransactionCreates
  case tooManyBlobs
  /// More blobs than what is left of this block; the next one has room.
  case blobsAboveRest
  case unknownBlobVersion
  case maxFeeBelowBlobBaseFee
  /// A set-code transaction without a destination (EIP-7702).
  case setCodeTransactionCreates
  /// A set-code transaction that sets no code (EIP-7702).
  case setCodeTransactionWithoutAuthorizations
}
