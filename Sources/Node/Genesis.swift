import ChainStorage
import Primitives
import Transactions

/// Where a local chain begins: without any account, and with one deposit in its first block.
enum Genesis {
  /// Block 0: no transactions, no state.
  static func block(baseFee: UInt256, gasLimit: UInt64) -> Block {
    let header = BlockHeader(
      parentHash: .zero, number: 0, gasLimit: gasLimit, timestamp: 0, baseFeePerGas: baseFee.saturatedUInt64)
    return Block(header: header, hash: header.hash, transactions: [], receipts: [])
  }

  /// The state after block 0. System contracts exist as hooks of the virtual machine only.
  static func state(_ block: Block) -> StateChange {
    StateChange(number: 0, blockHash: block.hash, slots: [:], preimages: [:])
  }

  /// The account that owns the money of a local chain. Its key is known to everybody:
  /// 0x7726827caac94a7f9e1b160f7ea819f172f7b6f9d2a97f992c38edeab82d4110.
  static let richAccount = Address(
    truncating: 0x3661_5cf3_49d7_f634_4891_b1e7_ca7c_7288_3f5d_c049 as UInt256)

  /// The request that mints 10^29 wei to the rich account: the reference node's forced deposit, priority id 0.
  static let deposit = L1Transaction(
    kind: .priority, from: richAccount, to: richAccount, gasLimit: 10_000_000_000, gasPerPubdataLimit: 1_000,
    maxFeePerGas: 1, nonce: 0, value: 100, toMint: UInt256(10).power(29), refundRecipient: richAccount)

  /// The deposit as the sequencer takes it: L1 transactions name their sender themselves.
  static let firstRequests = [RecoveredTransaction(.l1(deposit), sender: richAccount)]
}
