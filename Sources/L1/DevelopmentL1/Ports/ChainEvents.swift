import EthereumAPI
import Primitives
import Transactions

/// What happens on the chain, for the notifier of the API.
struct ChainEvents: EventSource, ReorganisationHistory {
  let chain: DevelopmentChain

  func waitForHead(otherThan block: ChainPosition) -> UInt64? {
    while true {
      let generation = chain.news.generation
      if chain.isStopping.load(ordering: .relaxed) { return nil }
      let head = chain.head
      if head.number != block.number || head.hash != block.hash { return head.number }
      chain.news.wait(after: generation)
    }
  }

  func stopWaiting() {
    chain.isStopping.store(true, ordering: .relaxed)
    chain.news.notify()
  }

  func onExecutable(_ handler: @escaping @Sendable ([RecoveredTransaction]) -> Void) {
    chain.listeners.withLock { $0.onExecutable.append(handler) }
  }

  func onRefusal(_ handler: @escaping @Sendable (RefusedTransaction) -> Void) {
    chain.listeners.withLock {
      $0.onRefusal.append { transaction, reason in
        handler(
          RefusedTransaction(
            hash: transaction.hash, sender: transaction.sender, nonce: transaction.nonce, reason: reason.description,
            reasonForLaterNonces: nil))
      }
    }
  }

  func droppedBlock(hash: Bytes32) throws(ChainReadError) -> DroppedBlock? {
    chain.dropped.withLock { $0.block(hash) }
  }
}
