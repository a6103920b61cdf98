import Primitives
import Transactions

/// Why the pool refuses a transaction. The texts are go-ethereum's (`core/error.go`, `core/txpool/errors.go`), as
/// wallets look for them.
public enum MempoolError: Error, Equatable, Sendable {
  /// The same transaction is in the pool.
  case alreadyKnown
  /// The nonce was used, by the chain or by a transaction that is being executed.
  case nonceTooLow(next: UInt64, transaction: UInt64)
  /// Nonce 2^64 − 1 (EIP-2681).
  case nonceHasMaxValue(sender: Address)
  /// The sender cannot pay gas limit × fee cap + value, in wei.
  case insufficientFunds(balance: UInt256, cost: UInt256)
  /// The pool is full of transactions that pay more.
  case underpriced
  /// It would replace a transaction of the same nonce and does not raise the fees enough.
  case replacementUnderpriced
  /// The fee cap, in wei per gas, is below what every block demands.
  case feeCapTooLow(sender: Address, feeCap: UInt256, baseFee: UInt256)
  case tipAboveFeeCap(sender: Address, tip: UInt256, feeCap: UInt256)
  /// Gas limit × fee cap exceeds what this node lets anybody pay, both in wei.
  case feeAboveCap(fee: UInt256, cap: UInt256)
  /// Bytes.
  case oversizedData(size: Int, limit: Int)
  /// Bytes (EIP-3860).
  case initCodeTooLong(size: Int, limit: Int)
  case wrongChainID(transaction: UInt64, chain: UInt64)
  case intrinsicGasTooLow(gasLimit: UInt64, needed: UInt64)
  case gasLimitAboveBlock(gasLimit: UInt64, block: UInt64)
  /// The sender is a contract (EIP-3607).
  case senderIsContract(Address)
  /// A kind of transaction that this chain does not execute, or one that L1 has to request.
  case unsupportedType(UInt8)
  /// No block can ever contain it, for this reason.
  case neverExecutable(String)
  /// The sender has as many transactions or bytes in the pool as one sender may.
  case accountLimitExceeded
  /// Every transaction in the pool is worth as much as this one.
  case poolFull
  /// The state could not be read.
  case stateUnavailable(String)

  /// Whether it is not the transaction that is at fault.
  public var isFaultOfNode: Bool {
    if case .stateUnavailable = self { return true }
    return false
  }
}

extension MempoolError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .alreadyKnown: "already known"
    case .nonceTooLow(let next, let nonce): "nonce too low: next nonce \(next), tx nonce \(nonce)"
    case .nonceHasMaxValue(let sender): "nonce has max value: address \(sender), nonce: \(UInt64.max)"
    case .insufficientFunds(let balance, let cost):
      "insufficient funds for gas * price + value: balance \(balance), tx cost \(cost), overshot "
        + "\(cost > balance ? cost &- balance : .zero)"
    case .underpriced: "transaction underpriced"
    case .replacementUnderpriced: "replacement transaction underpriced"
    case .feeCapTooLow(let sender, let feeCap, let baseFee):
      "max fee per gas less than block base fee: address \(sender), maxFeePerGas: \(feeCap), baseFee: \(baseFee)"
    case .tipAboveFeeCap(let sender, let tip, let feeCap):
      "max priority fee per gas higher than max fee per gas: address \(sender), maxPriorityFeePerGas: \(tip), "
        + "maxFeePerGas: \(feeCap)"
    case .feeAboveCap(let fee, let cap): "tx fee (\(fee) wei) exceeds the configured cap (\(cap) wei)"
    case .oversizedData(let size, let limit): "oversized data: transaction size \(size), limit \(limit)"
    case .initCodeTooLong(let size, let limit): "max initcode size exceeded: code size \(size), limit \(limit)"
    case .wrongChainID(let transaction, let chain): "invalid chain id for signer: have \(transaction) want \(chain)"
    case .intrinsicGasTooLow(let limit, let needed):
      "intrinsic gas too low: gas \(limit), minimum needed \(needed)"
    case .gasLimitAboveBlock(let limit, let block): "exceeds block gas limit: gas \(limit), block gas limit \(block)"
    case .senderIsContract(let sender): "sender not an eoa: address \(sender)"
    case .unsupportedType(let type): TransactionError.unsupportedType(type).description
    case .neverExecutable(let reason): "transaction can never be executed: \(reason)"
    case .accountLimitExceeded: "account limit exceeded"
    case .poolFull: "txpool is full"
    case .stateUnavailable(let reason): "state is not available: \(reason)"
    }
  }
}
