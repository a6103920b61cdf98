import Primitives
import JSONRPC
import Transactions

/// A block that a client named: one of the chain, or the pending one.
struct NamedBlock {
  let header: SealedHeader
  /// The block itself where it is not in the chain.
  let pending: PendingBlock?
}

extension EthereumAPI {
  func named(_ id: BlockID) throws(RPCError) -> NamedBlock? {
    if id == .pending, let pending = try blocks.pendingBlock() {
      return NamedBlock(header: pending.header, pending: pending)
    }
    return try blocks.header(of: id).map { NamedBlock(header: $0, pending: nil) }
  }

  func transactions(of block: NamedBlock) throws(RPCError) -> [RecoveredTransaction] {
    if let pending = block.pending { return pending.transactions }
    return try faults.reading { () throws(ChainReadError) in try chain.transactions(ofBlock: block.header.number) }
      ?? []
  }

  func transactionHashes(of block: NamedBlock) throws(RPCError) -> [Bytes32] {
    if let pending = block.pending { return pending.transactions.map(\.hash) }
    return try faults.reading { () throws(ChainReadError) in
      try chain.transactionHashes(ofBlock: block.header.number)
    } ?? []
  }

  func receipts(of block: NamedBlock) throws(RPCError) -> [LocatedReceipt] {
    if let pending = block.pending { return pending.receipts }
    return try faults.reading { () throws(ChainReadError) in try chain.receipts(ofBlock: block.header.number) } ?? []
  }
}
