import ChainStorage
import Primitives
import Transactions
import ZKsyncOS

// Where a local chain begins: without any account, and with one deposit in its first block.

extension Genesis {
  /// Block 0: no transactions, no state. System contracts exist as hooks of the virtual machine only.
  static func block(baseFee: UInt256, gasLimit: UInt64) -> Block {
    let header = BlockHeader(
      parentHash: .zero, number: 0, gasLimit: gasLimit, timestamp: 0, baseFeePerGas: baseFee.saturatedUInt64)
    return Block(header: header, hash: header.hash, transactions: [], receipts: [])
  }

  static func emptyState(_ block: Block) -> StateChange {
    StateChange(number: 0, blockHash: block.hash, slots: [:], preimages: [:])
  }

  /// What L1 requested before anything else: the deposit that funds the rich account.
  static let requests = [RecoveredTransaction(.request(forcedDeposit), sender: forcedDeposit.from)]
}
