import Primitives
import Transactions

/// Looks for those who follow the chain whether it still has what they saw last.
///
/// Everybody follows at a pace of their own, and nobody has to be told at the moment of a reorganisation: the hash of the last
/// block seen says whether there was one, and the blocks that were dropped lead back to one that the chain has. So each dropped
/// block is told of to those who were told of it, and to nobody else. On a chain that drops none this costs nothing.
struct ChainFollower: Sendable {
  /// What has become of the last block seen.
  enum Finding {
    /// The chain has it: what comes next is on top of it.
    case onChain
    /// The chain has dropped it; the follower takes it back and is then at ``DroppedBlock/parent``.
    case dropped(DroppedBlock)
    /// The chain has dropped it, and with it the way back.
    case forgotten
  }

  let chain: any ChainReader
  let history: (any ReorganisationHistory)?

  func look(at position: ChainPosition) throws(ChainReadError) -> Finding {
    guard let history, let hash = position.hash else { return .onChain }
    while try chain.header(number: position.number)?.hash != hash {
      if let block = try history.droppedBlock(hash: hash) {
        // There is nothing before the first block of all.
        return block.header.number > 0 ? .dropped(block) : .forgotten
      }
      // It may have come back between the two questions.
      if try chain.header(number: position.number)?.hash != hash { return .forgotten }
    }
    return .onChain
  }

  /// Whether nothing has been dropped up to a block: what was read of the chain meanwhile then is of one branch.
  func isOnChain(_ position: ChainPosition) throws(ChainReadError) -> Bool {
    guard history != nil, let hash = position.hash else { return true }
    return try chain.header(number: position.number)?.hash == hash
  }

  /// The receipts of a block that has logs, even if the chain has dropped it a moment ago.
  func receipts(of block: SealedHeader) throws(ChainReadError) -> [LocatedReceipt] {
    let found = try chain.receipts(ofBlock: block.number) ?? []
    guard let history, found.first?.blockHash != block.hash else { return found }
    return try history.droppedBlock(hash: block.hash)?.receipts ?? []
  }
}

extension DroppedBlock {
  /// Where a follower is who has taken the block back.
  var parent: ChainPosition { ChainPosition(number: header.number - 1, hash: header.header.parentHash) }

  /// Calls `body` with each log, the newest first, and its receipt and its place there.
  func forEachLogBackwards(_ body: (Log, Int, LocatedReceipt) -> Void) {
    for receipt in receipts.reversed() {
      for (offset, log) in receipt.receipt.logs.enumerated().reversed() { body(log, offset, receipt) }
    }
  }
}
