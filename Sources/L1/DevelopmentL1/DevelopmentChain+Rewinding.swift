// Going back: snapshots, rollbacks, reorganisations.

import Ethereum
import EthereumAPI
import Primitives
import Transactions

extension DevelopmentChain {
  // MARK: Snapshots

  /// Remembers the chain, the pool and the clock as they are; the id under which.
  public func snapshot() -> UInt64 {
    writer.withLock { writer in
      let pool = pool.withLock { $0 }
      let (settings, head, state) = published.withLock { ($0.settings, $0.history.head, $0.history.headState) }
      return writer.snapshots.insert(
        Snapshot(
          number: head.number, hash: head.hash, state: state, settings: settings, pool: pool,
          journalLength: journal?.length ?? 0))
    }
  }

  /// Makes everything what it was at a snapshot, which is used up with that; false where there is none of this id.
  public func revert(to id: UInt64) throws(ChainError) -> Bool {
    try writer.withLock { (writer) throws(ChainError) in
      guard let snapshot = writer.snapshots[id], block(snapshot.number)?.hash == snapshot.hash else { return false }
      try rewind(
        to: snapshot.number, state: snapshot.state, settings: snapshot.settings,
        journalLength: snapshot.journalLength, &writer)
      writer.snapshots.use(id)
      pool.withLock { $0 = snapshot.pool }
      news.notify()
      return true
    }
  }

  /// The snapshots that there are.
  var snapshots: [(id: UInt64, number: UInt64, hash: Bytes32)] { writer.withLock { $0.snapshots.all } }

  /// Goes back to what the chain began with: its first block, and the one after it where the chain came with one.
  func reset() throws(ChainError) {
    try writer.withLock { (writer) throws(ChainError) in
      let first = published.withLock { min($0.history.head.number, $0.history.beginning) }
      guard let state = try state(after: first) else { throw .refused("the state of the beginning is not available") }
      let next = block(first + 1)
      try rewind(
        to: first, state: state, settings: settings, journalLength: next?.journalStart ?? journal?.length ?? 0, &writer)
      pool.withLock { _ = $0.removeAll() }
      news.notify()
    }
  }

  // MARK: Rollbacks

  /// Drops the newest `depth` blocks.
  public func rollBack(depth: UInt64) throws(ChainError) {
    try writer.withLock { (writer) throws(ChainError) in
      try rollBack(depth, &writer)
      news.notify()
    }
  }

  /// Drops the newest `depth` blocks; what was in them, the oldest first.
  @discardableResult
  private func rollBack(_ depth: UInt64, _ writer: inout Writer) throws(ChainError) -> [BlockBody] {
    let head = head.number
    guard depth <= head, let first = block(head - depth) else {
      throw .refused("the chain has \(head) blocks: it cannot go back by \(depth)")
    }
    guard depth <= options.maxReorganisationDepth else {
      throw .refused("the chain goes back by \(options.maxReorganisationDepth) blocks at most")
    }
    guard depth > 0 else { return [] }
    guard let after = block(first.number + 1), let state = try state(after: first.number) else {
      throw .refused("the state after block \(first.number) is not available")
    }
    return try rewind(
      to: first.number, state: state, settings: settings, journalLength: after.journalStart, &writer)
  }

  /// Makes block `number` the newest again, with what else belongs to that time; the bodies of the blocks that are gone.
  @discardableResult
  private func rewind(
    to number: UInt64, state: StateTrie, settings: ChainSettings, journalLength: UInt64, _ writer: inout Writer
  ) throws(ChainError) -> [BlockBody] {
    var gone: [(block: ChainBlock, body: BlockBody)] = []
    let top = head.number
    if top > number {
      for dropped in (number + 1)...top {
        guard let block = block(dropped), let body = try body(of: block) else {
          throw .refused("block \(dropped) cannot be read")
        }
        gone.append((block, body))
      }
    }
    do throws(JournalError) {
      try stateFiles?.forget(beyond: journalLength)
      try journal?.truncate(to: journalLength)
    } catch {
      throw .journal(error)
    }
    // From here on the journal is that of the shorter chain, whatever happens.
    do throws(JournalError) { try journal?.append(JournalEntry.settings(settings).encoded) } catch {
      log.error(
        "a restart would not know the settings of the chain: they are those of when it was shorter",
        metadata: ["error": "\(error)"])
    }
    writer.rewinds += 1
    writer.snapshots.forget(beyond: journalLength, block: number)
    writer.lastStateFile = min(writer.lastStateFile, journalLength)
    for (block, body) in gone.suffix(Int(options.maxReorganisationDepth)) {
      dropped.withLock { $0.insert(DroppedBlock(header: block.sealedHeader, receipts: body.located(in: block))) }
    }
    published.withLock { published in
      for (index, entry) in gone.enumerated().reversed() {
        let parent = index > 0 ? published.history.state(entry.block.number - 1) ?? state : state
        published.history.removeHead(entry.body, parentState: parent)
      }
      published.history.replaceHeadState(state)
      published.settings = settings
    }
    return gone.map(\.body)
  }

  // MARK: Reorganisations

  /// Drops the newest `depth` blocks and makes as many in their place.
  ///
  /// - Parameters:
  ///   - pairs: transactions for the new blocks, each with the index of its block, from 0.
  ///   - keepsTransactions: whether what was dropped comes into the new blocks again, each one block later than before, the
  ///     last block's in the last.
  public func reorganise(
    depth: UInt64, pairs: [(transaction: RecoveredTransaction, block: UInt64)], keepsTransactions: Bool
  ) throws(ChainError) {
    for (_, index) in pairs where index >= depth {
      throw .refused("block index \(index) is not below the depth of the reorganisation, \(depth)")
    }
    try writer.withLock { (writer) throws(ChainError) in
      let bodies = try rollBack(depth, &writer)
      for index in 0..<depth {
        var transactions: [RecoveredTransaction] = []
        if keepsTransactions {
          if index > 0 { transactions += bodies[Int(index) - 1].transactions }
          if index == depth - 1 { transactions += bodies[Int(index)].transactions }
        }
        transactions += pairs.filter { $0.block == index }.map(\.transaction)
        try mineBlock(&writer, .given(transactions))
      }
    }
  }
}
