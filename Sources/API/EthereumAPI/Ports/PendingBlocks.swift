import Transactions

/// The block that would come next if it came now.
public struct PendingBlock: Sendable, Equatable {
  /// Its number is that of the head, and one more.
  public var header: SealedHeader
  public var transactions: [RecoveredTransaction]
  public var receipts: [LocatedReceipt]

  public init(header: SealedHeader, transactions: [RecoveredTransaction], receipts: [LocatedReceipt]) {
    self.header = header
    self.transactions = transactions
    self.receipts = receipts
  }
}

/// A chain that can show what waits as a block. Then state and calls after the block whose number is that of the head and
/// one more are those after the pending block: ``StateReader``, ``Simulator`` and the tracers answer for it too, and for the
/// real block once it is there.
public protocol PendingBlocks: Sendable {
  /// The pending block on top of the head of this moment. Called on worker threads.
  func pendingBlock() throws(ChainReadError) -> PendingBlock
}
