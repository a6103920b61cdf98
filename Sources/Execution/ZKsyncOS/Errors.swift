import Primitives

/// Why the virtual machine does not accept a transaction.
///
/// Source: zksync-os `basic_bootloader/src/bootloader/errors.rs`.
public enum InvalidTransaction: Error, Hashable, Sendable {
  case invalidEncoding
  case invalidStructure
  case upgradeTransactionNotFirst
  case upgradeTransactionFailed
  case blockGasLimitTooHigh
  case callerGasLimitMoreThanBlock
  case priorityFeeGreaterThanMaxFee
  case baseFeeGreaterThanMaxFee
  case outOfGasDuringValidation
  case outOfNativeResourcesDuringValidation
  case createInitCodeSizeLimit
  case gasPerPubdataTooHigh
  case nonceOverflowInTransaction
  case nonceTooHigh(transaction: UInt64, state: UInt64)
  case nonceTooLow(transaction: UInt64, state: UInt64)
  case nonceUsedAlready
  case nonceNotIncreased
  case rejectCallerWithCode
  case lackOfFundForMaxFee(fee: UInt256, balance: UInt256)
  case malleableSignature
  case incorrectFrom(transaction: Address, recovered: Address)
  case receivedInsufficientFees(received: UInt256, required: UInt256)
  case reverted(AccountMethod)
  case invalidMagic
  case invalidReturndataLength

  /// The methods of account contracts that validation calls.
  public enum AccountMethod: String, Sendable {
    case accountValidate = "AccountValidate"
    case accountPayForTransaction = "AccountPayForTransaction"
  }
}

/// In the words of Ethereum's clients, where they have some.
extension InvalidTransaction: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidEncoding: "the transaction cannot be decoded"
    case .invalidStructure: "the transaction is malformed"
    case .upgradeTransactionNotFirst: "an upgrade must be the first transaction of its block"
    case .upgradeTransactionFailed: "the upgrade failed"
    case .blockGasLimitTooHigh: "the gas limit of the block is too high"
    case .callerGasLimitMoreThanBlock: "exceeds block gas limit"
    case .priorityFeeGreaterThanMaxFee: "max priority fee per gas higher than max fee per gas"
    case .baseFeeGreaterThanMaxFee: "max fee per gas less than block base fee"
    case .outOfGasDuringValidation: "intrinsic gas too low"
    case .outOfNativeResourcesDuringValidation: "out of native resources before execution"
    case .createInitCodeSizeLimit: "max initcode size exceeded"
    case .gasPerPubdataTooHigh: "pubdata costs more gas than the transaction allows"
    case .nonceOverflowInTransaction: "nonce has max value"
    case .nonceTooHigh(let transaction, let state): "nonce too high: tx \(transaction), state \(state)"
    case .nonceTooLow(let transaction, let state): "nonce too low: tx \(transaction), state \(state)"
    case .nonceUsedAlready: "nonce used already"
    case .nonceNotIncreased: "the account did not use up the nonce"
    case .rejectCallerWithCode: "sender not an eoa"
    case .lackOfFundForMaxFee(let fee, let balance):
      "insufficient funds for gas * price + value: have \(balance) want \(fee)"
    case .malleableSignature: "invalid transaction v, r, s values"
    case .incorrectFrom(let transaction, let recovered):
      "the signature is that of \(recovered), not of \(transaction)"
    case .receivedInsufficientFees(let received, let required):
      "the account paid \(received) wei of a fee of \(required)"
    case .reverted(.accountValidate): "the account's validation reverted"
    case .reverted(.accountPayForTransaction): "the account's payment reverted"
    case .invalidMagic: "the account does not accept the transaction"
    case .invalidReturndataLength: "the account's answer has a wrong length"
    }
  }
}

extension InvalidTransaction {
  /// The debug text of the Rust original, which its logs have: for comparisons with the guest.
  public var machineText: String {
    switch self {
    case .invalidEncoding: "InvalidEncoding"
    case .invalidStructure: "InvalidStructure"
    case .upgradeTransactionNotFirst: "UpgradeTxNotFirst"
    case .upgradeTransactionFailed: "UpgradeTxFailed"
    case .blockGasLimitTooHigh: "BlockGasLimitTooHigh"
    case .callerGasLimitMoreThanBlock: "CallerGasLimitMoreThanBlock"
    case .priorityFeeGreaterThanMaxFee: "PriorityFeeGreaterThanMaxFee"
    case .baseFeeGreaterThanMaxFee: "BaseFeeGreaterThanMaxFee"
    case .outOfGasDuringValidation: "OutOfGasDuringValidation"
    case .outOfNativeResourcesDuringValidation: "OutOfNativeResourcesDuringValidation"
    case .createInitCodeSizeLimit: "CreateInitCodeSizeLimit"
    case .gasPerPubdataTooHigh: "GasPerPubdataTooHigh"
    case .nonceOverflowInTransaction: "NonceOverflowInTransaction"
    case .nonceTooHigh(let transaction, let state): "NonceTooHigh { tx: \(transaction), state: \(state) }"
    case .nonceTooLow(let transaction, let state): "NonceTooLow { tx: \(transaction), state: \(state) }"
    case .nonceUsedAlready: "NonceUsedAlready"
    case .nonceNotIncreased: "NonceNotIncreased"
    case .rejectCallerWithCode: "RejectCallerWithCode"
    case .lackOfFundForMaxFee(let fee, let balance): "LackOfFundForMaxFee { fee: \(fee), balance: \(balance) }"
    case .malleableSignature: "MalleableSignature"
    case .incorrectFrom(let transaction, let recovered):
      "IncorrectFrom { tx: \(transaction), recovered: \(recovered) }"
    case .receivedInsufficientFees(let received, let required):
      "ReceivedInsufficientFees { received: \(received), required: \(required) }"
    case .reverted(let method): "Revert { method: \(method.rawValue), output: None }"
    case .invalidMagic: "InvalidMagic"
    case .invalidReturndataLength: "InvalidReturndataLength"
    }
  }
}

/// What the proving run would abort on, or compute differently. Such a transaction must not enter a block.
public enum Hazard: Error, Hashable, Sendable, CaseIterable {
  /// The maximal fee does not fit 128 bits, or with the value 256.
  case feeOverflow
  /// A transaction to 0x9000 asks for an execution environment that does not exist.
  case wasmDeployment
  /// An account without code calls the L1 messenger's `sendToL1` directly.
  case messageFromAccountWithoutCode
  /// An L1 transaction deposits less than its value and fee.
  case depositTooLow
  /// An L1 transaction's gas does not fit 64 bits of ergs.
  case gasLimitOverflow
  /// An L1 transaction's refund recipient is no address.
  case refundRecipientTooWide
  /// A paymaster is named; the virtual machine has no code for the end of that path.
  case paymaster
  /// Calls handed back more data than the virtual machine has room for (128 MiB a transaction).
  case returnDataLimit
  /// The block's native price is zero.
  case nativePriceZero
  /// The price of pubdata does not fit 64 bits, or a transaction leaves less pubdata than its validation made.
  case pubdataPriceOverflow
  /// An account with code of an unknown kind.
  case unsupportedExecutionEnvironment
  /// A balance would exceed 256 bits.
  case balanceOverflow
  /// The encoded transaction exceeds 8 MiB.
  case transactionTooLong
  /// The transaction has no encoding for the virtual machine: a blob transaction, or a fee beyond 128 bits.
  case notEncodable
  /// An access list in another form than the canonical one: what is made of it depends on the width of words and the
  /// version.
  case accessListForm
  /// The sender cannot pay for the value that it sends; only a simulation gets that far.
  case valueBeyondBalance
}

extension Hazard {
  /// Calls of accounts without code that always end in a hazard, by recipient and, where only one function does, its
  /// selector.
  public static let refusedCalls: [(to: Address, selector: UInt32?, hazard: Hazard)] = [
    (SystemAddress.wasmDeployment, nil, .wasmDeployment),
    (SystemAddress.l1Messenger, SystemHost.sendToL1Selector, .messageFromAccountWithoutCode),
  ]
}

extension Hazard: CustomStringConvertible {
  public var description: String {
    switch self {
    case .feeOverflow: "the maximal fee and value overflow"
    case .wasmDeployment: "transactions to 0x9000 are not supported"
    case .messageFromAccountWithoutCode: "only contracts can send messages to L1"
    case .depositTooLow: "the deposit does not cover value and fee"
    case .gasLimitOverflow: "the gas limit is too large"
    case .refundRecipientTooWide: "the refund recipient is not an address"
    case .paymaster: "paymasters are not supported"
    case .returnDataLimit: "calls returned more than 128 MiB in one transaction"
    case .nativePriceZero: "the native price is zero"
    case .pubdataPriceOverflow: "the price of the pubdata overflows"
    case .unsupportedExecutionEnvironment: "the account has code of an unsupported kind"
    case .balanceOverflow: "a balance would overflow"
    case .transactionTooLong: "the transaction is longer than 8 MiB"
    case .notEncodable: "the transaction cannot be given to the virtual machine"
    case .accessListForm: "the access list is not encoded canonically"
    case .valueBeyondBalance: "insufficient funds for transfer"
    }
  }
}

/// Why a block, or a simulation, cannot go on. Nothing of it may be used.
public enum BlockError: Error, Hashable, Sendable {
  /// The view failed.
  case storage(StateReadError)
  /// The state names a hash whose bytes the view does not have.
  case missingPreimage(Bytes32)
  /// The bytes behind a hash are not of the kind or length that the state says.
  case corruptPreimage(Bytes32)
  /// The context's base fee does not fit the header's 64 bits.
  case baseFeeTooLarge(UInt256)
  /// A transaction that cannot be refused broke a rule of the proving run.
  case hazard(Hazard)
  /// Nobody waits for the simulation any more.
  case cancelled
  /// Our own bug.
  case invariant(String)
}
