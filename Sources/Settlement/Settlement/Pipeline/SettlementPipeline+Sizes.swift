// Batches that L1 will not take: chains that are older than the rule by which blocks are sealed may have some.

import Batches
import ProverService

/// A batch with more pubdata than L1 takes. Neither it nor any batch after it can ever be committed.
struct TooLargeBatch: Sendable, CustomStringConvertible {
  var number: BatchNumber
  var bytes: Int

  var description: String {
    "batch \(number) has \(bytes) bytes of pubdata, L1 takes \(CommitBatchInfo.maxPubdataBytes): neither it nor a batch after "
      + "it can ever be committed"
  }
}

extension SettlementPipeline {
  /// Looks at the batches of earlier runs that nobody has looked at yet, so that an operator knows before the first commit.
  func runSizeCheck() {
    guard let proving, let last = lastStoredBatch?.number else { return }
    let store = proving.jobs.store
    do throws(ProofStoreError) {
      var check = try store.sizeCheck()
      if check.firstTooLarge != .genesis, let batch = try store.batch(check.firstTooLarge) { checkSize(of: batch) }
      while check.through < last, !progress.read({ $0.isStopping }) {
        check.through = check.through.next
        guard let batch = try store.batch(check.through) else { continue }
        if checkSize(of: batch), check.firstTooLarge == .genesis { check.firstTooLarge = batch.number }
        // A restart need not begin anew.
        if check.through.rawValue % 1_000 == 0 { try store.record(check) }
      }
      try store.record(check)
    } catch {
      log.warning("the sizes of batches could not be looked at", metadata: ["error": "\(error)"])
    }
  }

  /// Keeps the first batch that is too large for ``health``; whether this one is.
  @discardableResult func checkSize(of batch: Batch) -> Bool {
    let bytes = batch.commit.pubdataBytes
    guard bytes > CommitBatchInfo.maxPubdataBytes else { return false }
    let found = TooLargeBatch(number: batch.number, bytes: bytes)
    let isFirst = progress.update { progress in
      guard progress.tooLarge.map({ found.number < $0.number }) ?? true else { return false }
      progress.tooLarge = found
      return true
    }
    if isFirst { log.error("a batch cannot be committed", metadata: ["reason": "\(found)"]) }
    return true
  }
}
