import Batches
import EthereumAPI
import L1Settlement
import Primitives
import ProverService
import Settlement
import ZKsyncAPI

/// What the node's parts know of its chain's way to L1, as the API reads it.
final class NodeSettlement: SettlementReader {
  private let pipeline: SettlementPipeline
  private let batches: ProofStore?
  private let finality: Finality?
  private let l1: L1ContractFinder?

  /// - Parameters:
  ///   - batches: those that were made; `nil` for a node that makes none.
  ///   - finality: what L1 says of them; `nil` for a node that does not ask it.
  ///   - l1: where the contracts are; `nil` for a node without L1.
  init(_ pipeline: SettlementPipeline, batches: ProofStore?, finality: Finality?, l1: L1ContractFinder?) {
    self.pipeline = pipeline
    self.batches = batches
    self.finality = finality
    self.l1 = l1
  }

  var l1ChainID: UInt64? { l1?.found?.l1ChainID }
  var contracts: SettlementContracts? { l1?.found?.contracts }
  var l1GasPrice: UInt256? { l1?.gasPrice }
  var madeBatch: UInt64 { batches == nil ? 0 : pipeline.lastBatchedBlock }
  var executedBatch: UInt64 { finality?.totals.executed ?? 0 }
  var safeBlock: UInt64? { finality?.safeBlock }
  var finalizedBlock: UInt64? { finality?.finalizedBlock }

  func settlement(ofBatch number: UInt64) throws(ChainReadError) -> BatchSettlement {
    guard let progress = finality?.progress(of: BatchNumber(number)) else { return BatchSettlement() }
    return BatchSettlement(
      committed: progress.commit.map(SettlementReference.init), proved: progress.prove.map(SettlementReference.init),
      executed: progress.execute.map(SettlementReference.init))
  }

  func batch(_ number: UInt64) throws(ChainReadError) -> Batch? {
    do throws(ProofStoreError) { return try batches?.batch(BatchNumber(number)) } catch {
      throw .failed("batch \(number) cannot be read: \(error)")
    }
  }
}

extension SettlementReference {
  fileprivate init(_ reference: L1Reference) {
    self.init(transaction: reference.transaction, block: reference.block, timestamp: reference.timestamp)
  }
}
