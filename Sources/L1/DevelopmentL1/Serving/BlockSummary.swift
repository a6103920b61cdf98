import Primitives

/// A block, for somebody who looks on.
public struct BlockSummary: Sendable, Equatable {
  public let number: UInt64
  public let hash: Bytes32
  public let transactions: Int
  public let gasUsed: UInt64
}

extension DevelopmentChain {
  /// Calls `handler` with each block as it is made, on the thread that makes it: it must be quick.
  public func onBlock(_ handler: @escaping @Sendable (BlockSummary) -> Void) {
    listeners.withLock {
      $0.onBlock.append { block, body in
        handler(
          BlockSummary(
            number: block.number, hash: block.hash, transactions: body.transactions.count,
            gasUsed: block.header.gasUsed))
      }
    }
  }

  /// Calls `handler` with the hash of each transaction that is refused, at once or when its turn has come, and why. It must
  /// be quick.
  public func onRefusedTransaction(_ handler: @escaping @Sendable (Bytes32, String) -> Void) {
    listeners.withLock {
      $0.onRefusal.append { handler($0.hash, $1.description) }
      $0.onRefusedSubmission.append { handler($0, $1.description) }
    }
  }
}
