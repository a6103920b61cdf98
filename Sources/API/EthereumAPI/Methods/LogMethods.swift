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
        .init(-32_000, "the range spans too many blocks, or has too many logs: the message says which to ask for"),
        .blockNotFound,
      ]
    ) { [self] (parameters, context, writer) throws(RPCError) in
      var stopwatch = Stopwatch()
      try writeLogs(try parameters.required("filter"), context, &writer)
      metrics.getLogs.observe(nanoseconds: stopwatch.lap())
    }
    table.add(
      "eth_newFilter", .inline, "Sets up a filter for logs, to be polled.",
      parameters: [.required("filter", "log filter")], result: "id", refusals: [.init(-32_000, "too many filters")]
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let query = try parameters.required("filter", as: LogQuery.self)
      writer.string(try filters.add(.logs(query), head: chain.head.number))
    }
    table.add(
      "eth_newBlockFilter", .inline, "Sets up a filter for new blocks, to be polled.", result: "id",
      refusals: [.init(-32_000, "too many filters")]
    ) { [self] (_, _, writer) throws(RPCError) in
      writer.string(try filters.add(.blocks, head: chain.head.number))
    }
    table.add(
      "eth_newPendingTransactionFilter", .inline,
      "Sets up a filter for transactions that become executable, to be polled.",
      parameters: [.optional("kind", "boolean, whether transactions are given whole")], result: "id",
      refusals: [.init(-32_000, "too many filters")]
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let isFull = try parameters.optional("kind", as: Bool.self) ?? false
      writer.string(try filters.add(.pendingTransactions(isFull: isFull), head: chain.head.number))
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
      ]
    ) { [self] (parameters, context, writer) throws(RPCError) in
      guard case .logs(let query)? = filters.kind(of: try parameters.required("id")) else {
        throw .refused("filter not found")
      }
      try writeLogs(query, context, &writer)
    }
    table.add(
      "eth_getFilterChanges", .heavy, "What has happened since the last poll.", parameters: [.required("id", "string")],
      result: "array of logs, block hashes, transaction hashes or transactions",
      refusals: [
        .init(-32_000, "filter not found"),
        .init(-32_000, "the range spans too many blocks, or has too many logs: the message says which to ask for"),
      ],
      differences:
        "A filter that nobody polls is forgotten after a time that is an option. Of more than 8,192 transactions "
        + "between two polls the oldest are forgotten."
    ) { [self] (parameters, context, writer) throws(RPCError) in
      guard let changes = filters.poll(try parameters.required("id"), head: chain.head.number) else {
        throw .refused("filter not found")
      }
      try write(changes, context, &writer)
    }
  }

  private func write(
    _ changes: FilterRegistry.Changes, _ context: RPCContext, _ writer: inout JSONWriter
  ) throws(RPCError) {
    writer.beginArray()
    switch changes {
    case .blocks(let numbers):
      for number in numbers {
        try context.checkCancellation()
        if let block = try blocks.header(number: number) { writer.data(block.hash) }
      }
    case .transactions(let transactions, let isFull):
      for transaction in transactions {
        if isFull { writer.pendingTransaction(transaction) } else { writer.data(transaction.hash) }
      }
    case .logs(let query, let numbers):
      if let range = try restricted(numbers, to: query) { try scan(range, query, context, &writer) }
    }
    writer.endArray()
  }

  /// The blocks of `numbers` that the query is about.
  private func restricted(_ numbers: Range<UInt64>, to query: LogQuery) throws(RPCError) -> ClosedRange<UInt64>? {
    guard !numbers.isEmpty else { return nil }
    var low = numbers.lowerBound
    var high = numbers.upperBound - 1
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

  private func writeLogs(_ query: LogQuery, _ context: RPCContext, _ writer: inout JSONWriter) throws(RPCError) {
    writer.beginArray()
    switch query.blocks {
    case .block(let hash):
      guard let number = try blocks.number(of: .hash(hash)) else { throw .refused("block not found") }
      try scan(number...number, query, context, &writer)
    case .range(let from, let to):
      let head = chain.head.number
      let first = try boundary(from, head), last = try boundary(to, head)
      guard first <= last else { throw .refused("invalid block range params") }
      guard last - first <= configuration.maxBlocksPerFilter else {
        throw .refused("query exceeds max block range \(configuration.maxBlocksPerFilter)")
      }
      if first <= head { try scan(first...min(last, head), query, context, &writer) }
    }
    writer.endArray()
  }

  /// An end of a range. A number beyond the head is an end too.
  private func boundary(_ id: BlockID?, _ head: UInt64) throws(RPCError) -> UInt64 {
    if case .number(let number) = id { return number }
    return try blocks.stateNumber(of: id ?? .number(head))
  }

  /// Writes the logs of a range of blocks that match. The bloom of a header tells for most blocks that none can.
  private func scan(
    _ range: ClosedRange<UInt64>, _ query: LogQuery, _ context: RPCContext, _ writer: inout JSONWriter
  ) throws(RPCError) {
    var matches = 0
    var truePositives = 0
    var falsePositives = 0
    for number in range {
      try context.checkCancellation()
      guard let block = try blocks.header(number: number), query.filter.mayMatch(block.header.logsBloom) else {
        continue
      }
      let before = matches
      for receipt in try faults.reading({ () throws(ChainReadError) in try chain.receipts(ofBlock: number) }) ?? [] {
        for (offset, log) in receipt.receipt.logs.enumerated() where query.filter.matches(log) {
          writer.log(log, at: offset, of: receipt)
          matches += 1
        }
      }
      if matches > before { truePositives += 1 } else { falsePositives += 1 }
      if range.count > 1, matches > configuration.maxLogsPerResponse {
        let retry = number > range.lowerBound ? number - 1 : number
        throw .refused(
          "query exceeds max results \(configuration.maxLogsPerResponse), "
            + "retry with the range \(range.lowerBound)-\(retry)")
      }
    }
    metrics.scannedBlocks.observe(Double(range.count))
    metrics.truePositives.observe(Double(truePositives))
    metrics.falsePositives.observe(Double(falsePositives))
    metrics.negatives.observe(Double(range.count - truePositives - falsePositives))
  }
}
