import ChainStorage
import Primitives
import Transactions
import ZKsyncOS

/// A block that was executed: what reproduces it, and everything that executing it gave. Wherever blocks come from, this is
/// the form in which they go through the node.
public struct SealedBlock: Sendable {
  public let record: ReplayRecord
  public let output: BlockOutput

  public init(record: ReplayRecord, output: BlockOutput) {
    self.record = record
    self.output = output
  }

  public var number: UInt64 { record.context.number }
}

extension Block {
  /// The block as clients see it.
  public init(_ sealed: SealedBlock) { self.init(sealed.output, transactions: sealed.record.transactions) }
}
