import EthereumAPI
import Mempool
import Primitives
import Transactions
import ZKsyncAPI

/// For a read node that does not know where the main node takes transactions.
struct ReadOnlySubmitter: TransactionSubmitter {
  private let base: MempoolSubmitter

  init(_ pool: Mempool) { base = MempoolSubmitter(pool) }

  func submit(envelope: [UInt8]) throws(SubmissionError) -> Bytes32 {
    throw .refused("this node takes no transactions (main_node_rpc_url is not set)")
  }

  func pendingNonce(of sender: Address) throws(ChainReadError) -> UInt64 { try base.pendingNonce(of: sender) }

  func transaction(hash: Bytes32) -> RecoveredTransaction? { base.transaction(hash: hash) }

  func standing(of hash: Bytes32) -> SubmissionStanding { base.standing(of: hash) }

  var counts: (pending: Int, queued: Int) { base.counts }
}
