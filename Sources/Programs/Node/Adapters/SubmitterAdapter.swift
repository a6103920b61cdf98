import EthereumAPI
import Mempool
import Primitives
import Transactions

/// The mempool as the API sees it. Signatures are recovered on the calling thread, of which there are several.
struct SubmitterAdapter: TransactionSubmitter {
  let mempool: Mempool

  func submit(envelope: [UInt8]) throws(SubmissionRefusal) -> Bytes32 {
    let recovered: RecoveredTransaction
    do throws(TransactionError) {
      let transaction = try Transaction(envelope: envelope)
      // What L1 requests comes from L1.
      if case .request = transaction { throw .unsupportedType(envelope[0]) }
      recovered = try RecoveredTransaction(transaction)
    } catch {
      throw SubmissionRefusal(error.description)
    }
    do throws(MempoolError) {
      try mempool.add(recovered)
    } catch {
      throw SubmissionRefusal(error.description)
    }
    return recovered.hash
  }

  func pendingNonce(of sender: Address, accountNonce: UInt64) -> UInt64 {
    (try? mempool.pendingNonce(for: sender)).map { max($0, accountNonce) } ?? accountNonce
  }

  func transaction(hash: Bytes32) -> RecoveredTransaction? { mempool.transaction(hash) }

  var counts: (pending: Int, queued: Int) {
    let counts = mempool.counts
    return (counts.executable, counts.parked)
  }
}
