// Logs and filters.

import Concurrency
import JSON
import JSONRPC
import Primitives
import Transactions

extension EthereumAPI {
  func addLogMethods(to table: inout MethodTable) {
    table.add(
      "eth_getLogs", .heavy, "The logs of a range of blocks that match a filter.",
      parameters: [.required("filter", "log filter")], result: "array of logs",
      refusals: [
        .init(-32_602, "the range is reversed, or extends beyond the newest block"),
        .init(-32_000, "the range spans too many blocks, or has too many logs: the message says which to ask for"),
        .blockNotFound,
      ], isWhole: true
    ) { [self] (parameters, context, writer) throws(RPCError) in
      var stopwatch = Stopwatch()
      try writeLogs(try parameters.required("filter"), context, &writer, isBounded: true)
      metrics.getLogs.observe(nanoseconds: stopwatch.lap())
    }
    table.add(
      "eth_newFilter", .inline, "Sets up a filter for logs, to be polled.",
      parameters: [.required("filter", "log filter")], result: "id", refusals: [.init(-32_000, "too many filters")]
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let query = try parameters.required("filter", as: LogQuery.self)
      writer.string(try filters.add(.logs(query), for: context.client, head: chain.head.position))
    }
    table.add(
      "eth_newBlockFilter", .inline, "Sets up a filter for new blocks, to be polled.", result: "id",
      refusals: [.init(-32_000, "too many filters")]
    ) { [self] (_, context, writer) throws(RPCError) in
      writer.string(try filters.add(.blocks, for: context.client, head: chain.head.position))
    }
    table.add(
      "eth_newPendingTransactionFilter", .inline,
      "Sets up a filter for transactions that become executable, to be polled.",
      parameters: [.optional("kind", "boolean, whether transactions are given whole")], result: "id",
      refusals: [.init(-32_000, "too many filters")]
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let isFull = try parameters.optional("kind", as: Bool.self) ?? false
      writer.string(
        try filters.add(.pendingTransactions(isFull: isFull), for: context.client, head: chain.head.position))
    }
    table.add(
      "eth_uninstallFilter", .inline, "Removes a filter; whether there was one.",
      parameters: [.required("id", "string")], result: "boolean"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      writer.boolean(filters.remove(try parameters.required("id")))
    }
    table.add(
      "eth_getFilterLogs", .heavy, "All logs that match the filter.", parameters: [.required("id", "string")],
      result: "array of logs",
      refusals: [
        .init(-32_000, "filter not found"),
        .init(-32_000, "the range spans too many blocks, or has too many logs: the message says which to ask for"),
      ], isWhole: true
    ) { [self] (parameters, context, writer) throws(RPCError) in
      guard case .logs(let query)? = filters.find(try parameters.required("id"))?.kind else {
        throw .refused("filter not found")
      }
      try writeLogs(query, context, &writer, isBounded: false)
    }
    table.add(
      "eth_getFilterChanges", .heavy, "What has happened since the last poll.", parameters: [.required("id", "string")],
      result: "array of logs, block hashes, transaction hashes or transactions",
      refusals: [
        .init(-32_000, "filter not found"),
        .init(-32_000, "transactions since the last poll are forgotten already"),
      ],
      differences:
        "A poll that fails changes nothing: the next one tells the same. One that has more to tell than fits tells the "
        + "rest at the next poll. Of more than 65,536 transactions between two polls (8,192 where they are given whole) "
        + "the oldest are forgotten; the next poll says so with an error, and the one after it goes on with the oldest "
        + "that is left. A filter that nobody polls is forgotten after a time that is an option.", isWhole: true
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let id = try parameters.required("id", as: String.self)
      guard let (kind, position) = filters.find(id) else { throw .refused("filter not found") }
      let next = try writeFilterChanges(kind, since: position, id, context, &writer)
      context.whenAnswered { [self] in filters.advance(id, from: position, to: next) }
    }
  }

  /// - Parameter isBounded: whether the range must end at the head. A filter may be about what comes.
  private func writeLogs(
    _ query: LogQuery, _ context: RPCContext, _ writer: inout JSONWriter, isBounded: Bool
  ) throws(RPCError) {
    writer.beginArray()
    switch query.blocks {
    case .block(let hash):
      guard let number = try blocks.number(of: .hash(hash)) else { throw .refused("block not found") }
      try scan(number...number, query, context, &writer)
    case .range(let from, let to):
      let head = chain.head.number
      let first = try boundary(from, head), last = try boundary(to, head)
      guard first <= last else { throw .invalidParameters("invalid block range params") }
      if isBounded, case .number(let number) = to, number > head {
        throw .invalidParameters("block range extends beyond current head block")
      }
      guard first <= head else { break }
      let range = first...min(last, head)
      guard chain.unindexed(query.filter, in: range) <= configuration.maxBlocksPerFilter else {
        let hint = query.filter.isSelective ? "" : ", unless it names an address or a topic"
        throw .refused("query exceeds max block range \(configuration.maxBlocksPerFilter)\(hint)")
      }
      try scan(range, query, context, &writer)
    }
    writer.endArray()
  }

  /// An end of a range.
  private func boundary(_ id: BlockID?, _ head: UInt64) throws(RPCError) -> UInt64 {
    if case .number(let number) = id { return number }
    return try blocks.stateNumber(of: id ?? .number(head))
  }

  /// Writes the logs of a range of blocks that match.
  ///
  /// - Parameter fits: whether another block may be looked at after what was written; where not, or where there are too
  ///   many logs, it ends there. `nil` where all must be given, or none.
  /// - Returns: The last block that was looked at.
  @discardableResult
  func scan(
    _ range: ClosedRange<UInt64>, _ query: LogQuery, _ context: RPCContext, _ writer: inout JSONWriter,
    fits: ((borrowing JSONWriter) -> Bool)? = nil
  ) throws(RPCError) -> UInt64 {
    var matches = 0
    var truePositives = 0
    var falsePositives = 0
    var last = range.upperBound
    let search = chain.search(query.filter, in: range)
    steps: while true {
      let number: UInt64
      let step = try faults.reading { () throws(ChainReadError) in try search.next(context.cancellation) }
      try context.checkCancellation()
      switch step {
      case .end: break steps
      case .through: continue
      case .block(let block): number = block
      }
      if let fits, number > range.lowerBound, matches > configuration.maxLogsPerResponse || !fits(writer) {
        last = number - 1
        break
      }
      let before = matches
      for receipt in try faults.reading({ () throws(ChainReadError) in try chain.receipts(ofBlock: number) }) ?? [] {
        for (offset, log) in receipt.receipt.logs.enumerated() where query.filter.matches(log) {
          writer.log(log, at: offset, of: receipt)
          matches += 1
        }
      }
      if matches > before { truePositives += 1 } else { falsePositives += 1 }
      guard fits == nil, range.count > 1 else { continue }
      let retry = "retry with the range \(range.lowerBound)-\(number > range.lowerBound ? number - 1 : number)"
      if matches > configuration.maxLogsPerResponse {
        throw .refused("query exceeds max results \(configuration.maxLogsPerResponse), \(retry)")
      }
      if writer.count > configuration.maxLogBytes {
        throw .refused("query exceeds max response size \(configuration.maxLogBytes), \(retry)")
      }
    }
    let count = last - range.lowerBound + 1
    metrics.scannedBlocks.observe(Double(count))
    metrics.truePositives.observe(Double(truePositives))
    metrics.falsePositives.observe(Double(falsePositives))
    metrics.negatives.observe(Double(Int(count) - truePositives - falsePositives))
    return last
  }
}
