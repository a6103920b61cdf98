import EthereumAPI
import Primitives
import Transactions

/// The pool as the API sees it. In the modes that mine transactions as they come, a transaction is mined before its sender
/// has an answer.
struct PoolAccess: TransactionSubmitter, PoolReader {
  let chain: DevelopmentChain
  /// Makes a block for what has come in, where the mode says so.
  let mineIfAutomatic: @Sendable () throws(ChainError) -> Void

  func submit(envelope: [UInt8]) throws(SubmissionError) -> Bytes32 {
    let hash: Bytes32
    do throws(PoolRefusal) { hash = try chain.submit(envelope: envelope) } catch { throw .refused(error.description) }
    do throws(ChainError) { try mineIfAutomatic() } catch { throw .failed("\(error)") }
    return hash
  }

  func pendingNonce(of sender: Address) throws(ChainReadError) -> UInt64 {
    let account = chain.tip.state.nonce(of: sender)
    return chain.pool.withLock { $0.nextNonce(of: sender, account: account) }
  }

  func transaction(hash: Bytes32) -> RecoveredTransaction? {
    chain.pool.withLock { $0.transaction(hash)?.transaction }
  }

  func standing(of hash: Bytes32) -> SubmissionStanding {
    guard let pooled = chain.pool.withLock({ $0.transaction(hash) }) else { return .unknown }
    let account = chain.tip.state.nonce(of: pooled.sender)
    let next = chain.pool.withLock { $0.nextNonce(of: pooled.sender, account: account) }
    return pooled.nonce < next ? .executable : .parked
  }

  var counts: (pending: Int, queued: Int) {
    let state = chain.tip.state
    return chain.pool.withLock { $0.counts { state.nonce(of: $0) } }
  }

  func content(of sender: Address?) -> PoolContent {
    let state = chain.tip.state
    let pool = chain.pool.withLock { $0 }
    var content = PoolContent(pending: [], queued: [])
    for pooled in pool.all where sender == nil || pooled.sender == sender {
      if pooled.nonce < pool.nextNonce(of: pooled.sender, account: state.nonce(of: pooled.sender)) {
        content.pending.append(pooled.transaction)
      } else {
        content.queued.append(pooled.transaction)
      }
    }
    return content
  }
}
