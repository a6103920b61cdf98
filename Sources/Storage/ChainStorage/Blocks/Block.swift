import Primitives
import Transactions
import ZKsyncOS

/// A block as clients see it: header, transactions and receipts. Immutable.
public struct Block: Sendable, Equatable {
  public var header: BlockHeader
  /// The hash of the header as executed, which ``header`` without anything filled in later hashes to.
  public var hash: Bytes32
  /// Of all logs; the header has an empty one.
  public var bloom: Bloom
  public var transactions: [RecoveredTransaction]
  /// One per transaction.
  public var receipts: [BlockReceipt]

  public init(header: BlockHeader, hash: Bytes32, transactions: [RecoveredTransaction], receipts: [BlockReceipt]) {
    self.header = header
    self.hash = hash
    self.transactions = transactions
    self.receipts = receipts
    bloom = Bloom()
    for receipt in receipts { for log in receipt.receipt.logs { bloom.insert(log) } }
  }

  /// The block that executing `transactions` gave.
  public init(_ output: BlockOutput, transactions: [RecoveredTransaction]) {
    var receipts: [BlockReceipt] = []
    receipts.reserveCapacity(transactions.count)
    var cumulativeGas: UInt64 = 0, logs = 0
    for (transaction, result) in zip(transactions, output.transactions) {
      cumulativeGas += result.gasUsed
      receipts.append(
        BlockReceipt(
          receipt: Receipt(
            transactionType: transaction.transaction.type, succeeded: result.succeeded, gasUsed: result.gasUsed,
            cumulativeGasUsed: cumulativeGas, contractAddress: result.createdAddress, logs: result.logs),
          effectiveGasPrice: result.gasPrice, firstLogIndex: logs, l2ToL1Logs: result.l2ToL1Logs))
      logs += result.logs.count
    }
    self.init(header: output.header, hash: output.blockHash, transactions: transactions, receipts: receipts)
  }

  public var number: UInt64 { header.number }
  /// Gas of all transactions together; the header has zero.
  public var gasUsed: UInt64 { receipts.last?.receipt.cumulativeGasUsed ?? 0 }

  /// The transactions' bytes in the RLP of a block.
  public var transactionBytes: Int { transactions.reduce(0) { $0 + $1.transaction.bytesInBlock } }

  /// What is known without counting bytes.
  var summary: BlockSummary {
    BlockSummary(header: header, hash: hash, bloom: bloom, gasUsed: gasUsed, transactionBytes: nil)
  }
}

/// A header, and what is said of the block besides.
public struct BlockSummary: Sendable, Equatable {
  /// As executed: what ``hash`` is the hash of.
  public var header: BlockHeader
  public var hash: Bytes32
  /// Of all logs.
  public var bloom: Bloom
  /// Of all transactions together; `nil` in what earlier versions have stored.
  public var gasUsed: UInt64?
  /// The transactions' bytes in the RLP of a block, see ``Block/transactionBytes``; `nil` where nobody has counted them.
  public var transactionBytes: Int?
}

/// A receipt, and what clients are told besides its consensus fields.
public struct BlockReceipt: Sendable, Equatable {
  public var receipt: Receipt
  /// Wei per gas that the sender paid.
  public var effectiveGasPrice: UInt256
  /// How many logs of the block precede those of this transaction.
  public var firstLogIndex: Int
  public var l2ToL1Logs: [L2ToL1Log]

  public init(receipt: Receipt, effectiveGasPrice: UInt256, firstLogIndex: Int, l2ToL1Logs: [L2ToL1Log]) {
    self.receipt = receipt
    self.effectiveGasPrice = effectiveGasPrice
    self.firstLogIndex = firstLogIndex
    self.l2ToL1Logs = l2ToL1Logs
  }
}

extension Transaction {
  /// The first byte of the envelope; 0 for a legacy transaction.
  public var type: UInt8 {
    switch self {
    case .signed(let signed): signed.kind.rawValue
    case .request(let request): request.kind.rawValue
    }
  }
}

/// Where a transaction stands.
public struct TransactionLocation: Sendable, Hashable {
  public var block: UInt64
  public var index: Int

  public init(block: UInt64, index: Int) {
    self.block = block
    self.index = index
  }
}
