import EthereumAPI
import Mempool
import Primitives
import Transactions

/// The mempool as the API sees it. Signatures are recovered on the calling thread, of which there are several.
public struct MempoolSubmitter: TransactionSubmitter, PoolReader {
  private let mempool: Mempool

  public init(_ mempool: Mempool) { self.mempool = mempool }

  public func submit(envelope: [UInt8]) throws(SubmissionError) -> Bytes32 {
    let recovered = try Self.recover(envelope)
    do throws(MempoolError) {
      try mempool.add(recovered)
    } catch {
      throw error.isFaultOfNode ? .failed(error.description) : .refused(error.description)
    }
    return recovered.hash
  }

  /// Decodes a transaction that a client sends, and recovers its sender.
  public static func recover(_ envelope: [UInt8]) throws(SubmissionError) -> RecoveredTransaction {
    do throws(TransactionError) {
      // Whatever such a transaction holds, this is what is wrong with it; that of a blob comes with the blob around it.
      if let type = envelope.first, SignedTransaction.Kind(rawValue: type)?.existsOnZKsyncOS == false {
        throw .unsupportedType(type)
      }
      let transaction = try Transaction(envelope: envelope)
      // What L1 requests comes from L1.
      if case .request = transaction { throw .unsupportedType(envelope[0]) }
      return try RecoveredTransaction(transaction)
    } catch {
      throw .refused(error.description)
    }
  }

  public func pendingNonce(of sender: Address) throws(ChainReadError) -> UInt64 {
    do throws(MempoolError) { return try mempool.pendingNonce(for: sender) } catch {
      throw .failed(error.description)
    }
  }

  public func transaction(hash: Bytes32) -> RecoveredTransaction? { mempool.transaction(hash) }

  public func standing(of hash: Bytes32) -> SubmissionStanding {
    if let refusal = mempool.refusal(of: hash) { return .refused(refusal.reason.description) }
    if let blocker = mempool.blocker(of: hash) { return .blocked(blocker.reasonForLaterNonces) }
    return mempool.isExecutable(hash).map { $0 ? .executable : .parked } ?? .unknown
  }

  public var counts: (pending: Int, queued: Int) {
    let counts = mempool.counts
    return (counts.executable, counts.parked)
  }

  public func content(of sender: Address?) -> PoolContent {
    let content = mempool.content(of: sender)
    return PoolContent(pending: content.executable, queued: content.parked)
  }
}
