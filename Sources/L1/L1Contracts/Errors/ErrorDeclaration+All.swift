extension ErrorDeclaration {
  /// The errors that our contracts and those of the reference raise on the ways of a node and its users.
  ///
  /// Source: era-contracts `common/L1ContractErrors.sol`, `state-transition/L1StateTransitionErrors.sol`,
  /// `bridgehub/L1BridgehubErrors.sol`, `bridge/L1BridgeContractErrors.sol`, `da-contracts/contracts/DAContractsErrors.sol`.
  static let all: [ErrorDeclaration] = batches + requests + messages + bridge + dataAvailability

  private static let batches: [ErrorDeclaration] = [
    ErrorDeclaration("BatchHashMismatch", (.bytes32, "stored"), (.bytes32, "given")),
    ErrorDeclaration("BatchNumberMismatch", (.uint256, "expected"), (.uint256, "given")),
    ErrorDeclaration("CanOnlyProcessOneBatch"),
    ErrorDeclaration("CantExecuteUnprovenBatches"),
    ErrorDeclaration("CantRevertExecutedBatch"),
    ErrorDeclaration("EmptyData"),
    ErrorDeclaration("EmptyProofLength"),
    ErrorDeclaration(
      "IncorrectBatchBounds", (.uint256, "from"), (.uint256, "to"), (.uint256, "first"), (.uint256, "last")),
    ErrorDeclaration("IncorrectBatchChainId"),
    ErrorDeclaration("InvalidBatchesDataLength", (.uint256, "batches"), (.uint256, "operations")),
    ErrorDeclaration("InvalidProof"),
    ErrorDeclaration("InvalidProtocolVersion"),
    ErrorDeclaration("L2TimestampTooBig"),
    ErrorDeclaration("MismatchNumberOfLayer1Txs", (.uint256, "actual"), (.uint256, "claimed")),
    ErrorDeclaration("NonIncreasingTimestamp"),
    ErrorDeclaration("NonSequentialBatch"),
    ErrorDeclaration("NotHistoricalRoot"),
    ErrorDeclaration("NotSettlementLayer"),
    ErrorDeclaration("PriorityOperationsRollingHashMismatch"),
    ErrorDeclaration("RevertedBatchNotAfterNewLastBatch"),
    ErrorDeclaration("TimeNotReached", (.uint256, "expected"), (.uint256, "actual")),
    ErrorDeclaration("Unauthorized", (.address, "caller")),
    ErrorDeclaration("UnknownVerifierType"),
    ErrorDeclaration("UnsupportedCommitBatchEncoding", (.uint8, "version")),
    ErrorDeclaration("UnsupportedExecuteBatchEncoding", (.uint8, "version")),
    ErrorDeclaration("UnsupportedProofBatchEncoding", (.uint8, "version")),
    ErrorDeclaration("VerifiedBatchesExceedsCommittedBatches"),
    ErrorDeclaration("ZeroAddress"),
  ]

  private static let requests: [ErrorDeclaration] = [
    ErrorDeclaration("BaseTokenGasPriceDenominatorNotSet"),
    ErrorDeclaration("GasPerPubdataMismatch"),
    ErrorDeclaration("MsgValueMismatch", (.uint256, "expected"), (.uint256, "given")),
    ErrorDeclaration("MsgValueTooLow", (.uint256, "required"), (.uint256, "given")),
    ErrorDeclaration("PubdataGreaterThanLimit", (.uint256, "limit"), (.uint256, "given")),
    ErrorDeclaration("SecondBridgeAddressTooLow", (.address, "given"), (.address, "least")),
    ErrorDeclaration("TooManyFactoryDeps"),
    ErrorDeclaration("TooMuchGas"),
    ErrorDeclaration("TransactionNotAllowed"),
    ErrorDeclaration("TxnBodyGasLimitNotEnoughGas"),
    ErrorDeclaration("ValidateTxnNotEnoughGas"),
    ErrorDeclaration("WrongMagicValue", (.uint256, "expected"), (.uint256, "given")),
  ]

  private static let messages: [ErrorDeclaration] = [
    ErrorDeclaration("BatchNotExecuted", (.uint256, "batch")),
    ErrorDeclaration("HashedLogIsDefault"),
    ErrorDeclaration("InvalidProofLengthForFinalNode"),
    ErrorDeclaration("LocalRootIsZero"),
    ErrorDeclaration("LocalRootMustBeZero"),
    ErrorDeclaration("MerkleIndexOrHeightMismatch"),
    ErrorDeclaration("MerkleIndexOutOfBounds"),
    ErrorDeclaration("MerklePathEmpty"),
    ErrorDeclaration("MerklePathOutOfBounds"),
    ErrorDeclaration("UnsupportedProofMetadataVersion", (.uint256, "version")),
  ]

  private static let bridge: [ErrorDeclaration] = [
    ErrorDeclaration("AssetHandlerDoesNotExist", (.bytes32, "asset")),
    ErrorDeclaration("AssetIdNotSupported", (.bytes32, "asset")),
    ErrorDeclaration("EmptyDeposit"),
    ErrorDeclaration("EmptyToken"),
    ErrorDeclaration("InsufficientChainBalance"),
    ErrorDeclaration("InvalidSelector", (.bytes4, "selector")),
    ErrorDeclaration("L2WithdrawalMessageWrongLength", (.uint256, "length")),
    ErrorDeclaration("LegacyBridgeNotSet"),
    ErrorDeclaration("NonEmptyMsgValue"),
    ErrorDeclaration("TokensWithFeesNotSupported"),
    ErrorDeclaration("UnsupportedEncodingVersion"),
    ErrorDeclaration("ValueMismatch", (.uint256, "expected"), (.uint256, "given")),
    ErrorDeclaration("WithdrawFailed"),
    ErrorDeclaration("WithdrawalAlreadyFinalized"),
    ErrorDeclaration("WrongL2Sender", (.address, "sender")),
  ]

  private static let dataAvailability: [ErrorDeclaration] = [
    ErrorDeclaration("BlobHashCommitmentError", (.uint256, "blob"), (.bool, "noLinearHash"), (.bool, "noCommitment")),
    ErrorDeclaration("InvalidL2DAOutputHash", (.bytes32, "given")),
    ErrorDeclaration("InvalidNumberOfBlobs", (.uint256, "given"), (.uint256, "most")),
    ErrorDeclaration("InvalidPubdataHash", (.bytes32, "expected"), (.bytes32, "actual")),
    ErrorDeclaration("InvalidPubdataSource", (.uint8, "source")),
    ErrorDeclaration("OnlyOneBlobWithCalldataAllowed"),
    ErrorDeclaration("OperatorDAInputTooSmall", (.uint256, "given"), (.uint256, "least")),
    ErrorDeclaration("PubdataInputTooSmall", (.uint256, "given"), (.uint256, "least")),
    ErrorDeclaration("PubdataLengthTooBig", (.uint256, "given"), (.uint256, "most")),
  ]
}
