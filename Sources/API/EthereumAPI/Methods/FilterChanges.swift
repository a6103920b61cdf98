// What filters tell when they are polled.

import Concurrency
import JSON
import JSONRPC
import Primitives
import Transactions

extension EthereumAPI {
  /// Bytes of one answer to a poll, beyond which the rest waits for the next.
  private static let pollBytes = 4 << 20
  /// Nanoseconds that one looks for logs; a filter that is expensive, or has not been polled for long, gets on all the same.
  private static let pollTime: UInt64 = 1_000_000_000
  /// Block hashes of one.
  private static let pollBlocks: UInt64 = 50_000

  /// Writes what has happened since a filter was last polled; where it is then.
  func writeFilterChanges(
    _ kind: FilterRegistry.Kind, since position: FilterRegistry.Position, _ id: String, _ context: RPCContext,
    _ writer: inout JSONWriter
  ) throws(RPCError) -> FilterRegistry.Position {
    var block: ChainPosition? = position.block
    var transaction = position.transaction
    writer.beginArray()
    switch kind {
    case .blocks: block = try writeBlocks(since: position.block, context, &writer)
    case .logs(let query): block = try writeLogs(query, since: position.block, context, &writer)
    case .pendingTransactions(let isFull):
      transaction = try writeTransactions(isFull, since: position, id, context, &writer)
    }
    writer.endArray()
    guard let block else { throw forget(id, position) }
    return .init(block: block, transaction: transaction)
  }

  // MARK: Blocks and logs

  private func writeBlocks(
    since position: ChainPosition, _ context: RPCContext, _ writer: inout JSONWriter
  ) throws(RPCError) -> ChainPosition? {
    let start = writer.mark
    return try follow(
      from: position, context, &writer, while: { $0.count(since: start) < Self.pollBytes },
      takeBack: { _, _ in
        // As in geth: the blocks of the new branch say it.
      },
      goOn: { (numbers, writer) throws(RPCError) in
        let last = min(numbers.upperBound, numbers.lowerBound + Self.pollBlocks - 1)
        for number in numbers.lowerBound...last {
          try context.checkCancellation()
          if let block = try blocks.header(number: number) { writer.data(block.hash) }
        }
        return last
      })
  }

  private func writeLogs(
    _ query: LogQuery, since position: ChainPosition, _ context: RPCContext, _ writer: inout JSONWriter
  ) throws(RPCError) -> ChainPosition? {
    let start = writer.mark
    let deadline = MonotonicClock.nanoseconds + Self.pollTime
    let fits: (borrowing JSONWriter) -> Bool = {
      $0.count(since: start) < Self.pollBytes && MonotonicClock.nanoseconds < deadline
    }
    return try follow(
      from: position, context, &writer, while: fits,
      takeBack: { block, writer in
        guard query.isAbout(block.header) else { return }
        block.forEachLogBackwards { log, offset, receipt in
          if query.filter.matches(log) { writer.log(log, at: offset, of: receipt, isRemoved: true) }
        }
      },
      goOn: { (numbers, writer) throws(RPCError) in
        guard let range = try restricted(numbers, to: query) else { return numbers.upperBound }
        let scanned = try scan(range, query, context, &writer, fits: fits)
        return scanned < range.upperBound ? scanned : numbers.upperBound
      })
  }

  /// Follows the chain from where a filter is: back over the blocks that were dropped, then on over those that came.
  ///
  /// - Parameters:
  ///   - fits: whether there may be more.
  ///   - takeBack: writes of a dropped block.
  ///   - goOn: writes of blocks that came; the last of which it could.
  /// - Returns: How far it got; `nil` where the way back is forgotten.
  private func follow(
    from position: ChainPosition, _ context: RPCContext, _ writer: inout JSONWriter,
    while fits: (borrowing JSONWriter) -> Bool, takeBack: (DroppedBlock, inout JSONWriter) -> Void,
    goOn: (ClosedRange<UInt64>, inout JSONWriter) throws(RPCError) -> UInt64
  ) throws(RPCError) -> ChainPosition? {
    var last = position
    repeat {
      try context.checkCancellation()
      let head = chain.head.position
      switch try faults.reading({ () throws(ChainReadError) in try follower.look(at: last) }) {
      case .onChain: break
      case .dropped(let block):
        takeBack(block, &writer)
        last = block.parent
        continue
      case .forgotten: return nil
      }
      guard last.number < head.number else { return last }
      let mark = writer.mark
      let end = try goOn(last.number + 1...head.number, &writer)
      let reached = end == head.number ? head : ChainPosition(number: end, hash: try blocks.header(number: end)?.hash)
      // As the head is what it was, all was read of one branch.
      if try faults.reading({ () throws(ChainReadError) in try follower.isOnChain(head) }) { return reached }
      writer.truncate(to: mark)
    } while fits(writer)
    return last
  }

  /// Lets a filter go on from the head; the error that says so.
  private func forget(_ id: String, _ position: FilterRegistry.Position) -> RPCError {
    let head = chain.head.position
    filters.advance(id, from: position, to: .init(block: head, transaction: position.transaction))
    return .refused(
      "the chain has dropped blocks since the last poll that are forgotten already: "
        + "the next poll tells what comes after block \(head.number)")
  }

  /// The blocks of `numbers` that the query is about.
  private func restricted(_ numbers: ClosedRange<UInt64>, to query: LogQuery) throws(RPCError) -> ClosedRange<UInt64>? {
    var low = numbers.lowerBound
    var high = numbers.upperBound
    switch query.blocks {
    case .block(let hash):
      guard let number = try blocks.number(of: .hash(hash)), numbers.contains(number) else { return nil }
      return number...number
    case .range(let from, let to):
      // Only fixed numbers restrict: a tag means something else at each poll.
      if case .number(let first) = from { low = max(low, first) }
      if case .number(let last) = to { high = min(high, last) }
    }
    return low <= high ? low...high : nil
  }

  // MARK: Waiting transactions

  /// Writes the transactions that came; the position of the next.
  private func writeTransactions(
    _ isFull: Bool, since position: FilterRegistry.Position, _ id: String, _ context: RPCContext,
    _ writer: inout JSONWriter
  ) throws(RPCError) -> UInt64 {
    let start = writer.mark
    var next = position.transaction
    while writer.count(since: start) < Self.pollBytes {
      try context.checkCancellation()
      let before = next
      let missed: UInt64
      if isFull {
        let news = pending.transactions(from: before)
        for transaction in news.items where news.missed == 0 {
          // A portion of large ones is more than an answer takes.
          guard writer.count(since: start) < Self.pollBytes else { break }
          writer.pendingTransaction(transaction)
          next += 1
        }
        missed = news.missed
      } else {
        let news = pending.hashes(from: before)
        for hash in news.items where news.missed == 0 { writer.data(hash) }
        next = news.next
        missed = news.missed
      }
      if missed > 0 {
        // What was read before them is told first.
        if before > position.transaction {
          next = before
          break
        }
        // Nothing that is left is lost by this: the next poll tells it.
        filters.advance(id, from: position, to: .init(block: position.block, transaction: before + missed))
        throw .refused(
          "\(missed) transactions since the last poll are forgotten already: the next poll tells the rest")
      }
      if next == before { break }
    }
    return next
  }
}
