import Primitives

/// Why the pool does not take a transaction, or lets it go without a block. The words are geth's, which clients look for.
enum PoolRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  case alreadyKnown
  case nonceTooLow(account: UInt64, transaction: UInt64)
  case nonceMax
  case insufficientFunds(has: UInt256, needs: UInt256)
  case replacementUnderpriced
  case belowBaseFee(cap: UInt256, baseFee: UInt64)
  case tipAboveCap(tip: UInt256, cap: UInt256)
  case tipTooLow(minimum: UInt64)
  case gasLimitTooHigh(block: UInt64)
  case intrinsicGasTooLow
  case floorGasTooLow
  case wrongChainID(chain: UInt64, transaction: UInt64)
  case notProtected
  case blobsUnsupported
  case tooLarge(limit: Int)
  case malformed(String)
  case full
  case accountFull
  /// A block could not contain it, when its turn had come.
  case unexecutable(String)
  /// Somebody asked for it to be forgotten.
  case dropped
  case replaced

  var description: String {
    switch self {
    case .alreadyKnown: "already known"
    case .nonceTooLow(let account, let transaction):
      "nonce too low: next nonce \(account), tx nonce \(transaction)"
    case .nonceMax: "nonce has max value"
    case .insufficientFunds(let has, let needs):
      "insufficient funds for gas * price + value: balance \(has), tx cost \(needs)"
    case .replacementUnderpriced: "replacement transaction underpriced"
    case .belowBaseFee(let cap, let baseFee):
      "max fee per gas less than block base fee: maxFeePerGas \(cap), baseFee \(baseFee)"
    case .tipAboveCap(let tip, let cap):
      "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas \(tip), maxFeePerGas \(cap)"
    case .tipTooLow(let minimum): "transaction underpriced: gas tip cap below minimum \(minimum)"
    case .gasLimitTooHigh(let block): "exceeds block gas limit: \(block)"
    case .intrinsicGasTooLow: "intrinsic gas too low"
    case .floorGasTooLow: "insufficient gas for floor data gas cost"
    case .wrongChainID(let chain, let transaction):
      "invalid chain id for signer: have \(transaction) want \(chain)"
    case .notProtected: "only replay-protected (EIP-155) transactions allowed over RPC"
    case .blobsUnsupported: "blob transactions are not supported"
    case .tooLarge(let limit): "oversized data: limit \(limit) bytes"
    case .malformed(let reason): reason
    case .full: "txpool is full"
    case .accountFull: "account limit exceeded"
    case .unexecutable(let reason): reason
    case .dropped: "dropped by request"
    case .replaced: "replaced by a transaction with the same nonce"
    }
  }
}
