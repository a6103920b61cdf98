import Batches
import ChainStorage
import Cryptography
import EthereumAPI
import Primitives
import StorageTesting
import Synchronization
import Transactions
import ZKsyncAPI
import ZKsyncOS

/// What is known of L1, as a test says it.
final class TestSettlement: SettlementReader {
  struct State: Sendable {
    var l1ChainID: UInt64?
    var contracts: SettlementContracts?
    var l1GasPrice: UInt256?
    var madeBatch: UInt64 = 0
    var executedBatch: UInt64 = 0
    var safeBlock: UInt64?
    var finalizedBlock: UInt64?
    var batches: [UInt64: BatchSettlement] = [:]
    var made: [UInt64: Batch] = [:]
  }

  /// Of the newest block.
  let transactions: [RecoveredTransaction]
  let receipts: [BlockReceipt]
  private let state: Mutex<State>

  /// - Parameter messages: what each transaction of the newest block tells L1.
  init(_ state: State = State(), messages: [[L2ToL1Log]] = []) {
    self.state = Mutex(state)
    transactions = messages.indices.map {
      $0 == 0 ? Self.request : TestChain.transfer(from: TestChain.sender(UInt64($0)), nonce: 0)
    }
    receipts = messages.enumerated().map { index, logs in
      BlockReceipt(
        receipt: Receipt(
          transactionType: index == 0 ? 0xff : 2, succeeded: true, gasUsed: 21_000,
          cumulativeGasUsed: 21_000 * UInt64(index + 1),
          logs: [Log(address: Address(0x8008), topics: [topic(9)], data: [1])]),
        effectiveGasPrice: 1_000, firstLogIndex: index, l2ToL1Logs: logs)
    }
  }

  func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

  static let request = RecoveredTransaction(
    .request(
      L1Request(
        kind: .priority, from: Address(5), to: Address(6), gasLimit: 500_000, gasPerPubdataLimit: 800, maxFeePerGas: 1,
        nonce: 3, value: 7, toMint: 500_007, refundRecipient: Address(5))), sender: Address(5))

  /// A message, and where it is said.
  static func message(_ transaction: UInt32, _ text: [UInt8], from sender: Address = Address(0x77)) -> L2ToL1Log {
    L2ToL1Log(
      transactionNumber: transaction, sender: Address(0x8008), key: Bytes32(UInt256(sender)),
      value: Keccak256.hash(text), message: text)
  }

  var l1ChainID: UInt64? { state.withLock { $0.l1ChainID } }
  var contracts: SettlementContracts? { state.withLock { $0.contracts } }
  var l1GasPrice: UInt256? { state.withLock { $0.l1GasPrice } }
  var madeBatch: UInt64 { state.withLock { $0.madeBatch } }
  var executedBatch: UInt64 { state.withLock { $0.executedBatch } }
  var safeBlock: UInt64? { state.withLock { $0.safeBlock } }
  var finalizedBlock: UInt64? { state.withLock { $0.finalizedBlock } }

  func settlement(ofBatch number: UInt64) throws(ChainReadError) -> BatchSettlement {
    state.withLock { $0.batches[number] } ?? BatchSettlement()
  }

  func batch(_ number: UInt64) throws(ChainReadError) -> Batch? { state.withLock { $0.made[number] } }
}
