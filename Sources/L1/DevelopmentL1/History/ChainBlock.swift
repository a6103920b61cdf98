import Primitives
import Transactions

/// What a block contains.
struct BlockBody: Sendable, Equatable {
  var transactions: [RecoveredTransaction]
  /// One for each transaction.
  var receipts: [Receipt]
}

/// A block of the chain: its header in memory, and where the rest is.
struct ChainBlock: Sendable {
  /// Where the body is.
  enum Place: Sendable {
    /// In memory, for a chain without a journal.
    case memory(BlockBody)
    /// In the journal, in the entry whose payload stands at this offset.
    case journal(UInt64)
  }

  let header: BlockHeader
  let hash: Bytes32
  let transactionHashes: [Bytes32]
  let place: Place
  /// The length that the journal had before the block, and what was changed after the one before it, were written: a
  /// chain that goes back behind the block is cut off there. Zero without a journal.
  let journalStart: UInt64

  var number: UInt64 { header.number }
}
