import Primitives

/// What became of a transaction.
public struct Receipt: Sendable, Equatable {
  /// The first byte of the transaction's envelope; 0 for a legacy transaction.
  public var transactionType: UInt8
  /// Whether the transaction succeeded; a reverted one is in the block too and pays.
  public var succeeded: Bool
  /// Gas of this transaction.
  public var gasUsed: UInt64
  /// Gas of the block up to and including this transaction.
  public var cumulativeGasUsed: UInt64
  /// The contract that it created.
  public var contractAddress: Address?
  public var logs: [Log]

  public init(
    transactionType: UInt8, succeeded: Bool, gasUsed: UInt64, cumulativeGasUsed: UInt64,
    contractAddress: Address? = nil, logs: [Log]
  ) {
    self.transactionType = transactionType
    self.succeeded = succeeded
    self.gasUsed = gasUsed
    self.cumulativeGasUsed = cumulativeGasUsed
    self.contractAddress = contractAddress
    self.logs = logs
  }

  public var bloom: Bloom { Bloom(logs) }

  /// The EIP-2718 envelope of the consensus fields: type ‖ rlp([status, cumulative gas, bloom, logs]).
  public var envelope: [UInt8] {
    var writer = RLPWriter()
    if transactionType != 0 { writer.append(encoded: CollectionOfOne(transactionType)) }
    writer.appendList {
      $0.append(succeeded ? 1 : 0 as UInt64)
      $0.append(cumulativeGasUsed)
      $0.append(bytes: bloom.bytes)
      $0.appendList { for log in logs { log.write(to: &$0) } }
    }
    return writer.encoded
  }
}
