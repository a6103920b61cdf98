import Archive
import Batches
import ChainStorage
import L1Settlement
import Primitives
import ProverService
import Transactions

/// The batches that settling takes to L1, out of the stores of proofs and blocks.
struct ProofStoreBatches: BatchSource {
  let proofs: ProofStore
  let blocks: BlockStore
  /// What has to have a batch's blocks before it goes to L1, if anything.
  let archive: ArchiveService?

  var genesis: StoredBatchInfo { .ofEmptyChain }

  func lastBatch() throws(BatchSourceError) -> BatchNumber {
    try Self.read { () throws(ProofStoreError) in try proofs.lastBatch()?.number } ?? .genesis
  }

  func batch(_ number: BatchNumber) throws(BatchSourceError) -> Batch? {
    try Self.read { () throws(ProofStoreError) in try proofs.batch(number) }
  }

  func isProved(_ number: BatchNumber) throws(BatchSourceError) -> Bool {
    try Self.read { () throws(ProofStoreError) in try proofs.kind(number) != nil }
  }

  func mayGoToL1(_ batch: Batch) -> Bool { archive.map { batch.blocks.upperBound <= $0.last } ?? true }

  func requestHashes(of batch: Batch) throws(BatchSourceError) -> [Bytes32] {
    var hashes: [Bytes32] = []
    for number in batch.blocks {
      let block: Block?
      do throws(StorageError) { block = try blocks.block(number) } catch { throw BatchSourceError("\(error)") }
      guard let block else { throw BatchSourceError("block \(number) is missing") }
      for transaction in block.transactions {
        guard case .request(let request) = transaction.transaction, request.kind == .priority else { continue }
        hashes.append(transaction.hash)
      }
    }
    guard UInt64(hashes.count) == batch.commit.l1TransactionCount else {
      throw BatchSourceError("batch \(batch.number) has other requests than its blocks")
    }
    return hashes
  }

  private static func read<R>(_ body: () throws(ProofStoreError) -> R) throws(BatchSourceError) -> R {
    do throws(ProofStoreError) { return try body() } catch { throw BatchSourceError("\(error)") }
  }
}
