// The transactions of an address, page by page.

import Concurrency
import JSON
import JSONRPC
import Primitives
import Transactions

extension EthereumAPI {
  /// Blocks, and transactions in them, that one request looks at.
  private static let maxSearchedBlocks: UInt64 = 20_000
  private static let maxSearchedTransactions = 100_000
  /// For how long one looks, in nanoseconds: less than a heavy call may take, so that the answer says how far it came.
  private static let longestSearch: UInt64 = 2_000_000_000

  func addOtterscanSearch(to table: inout MethodTable) {
    let result = "object with `txs` and `receipts`, the newest first, `firstPage` and `lastPage`"
    for isBefore in [true, false] {
      table.add(
        isBefore ? "ots_searchTransactionsBefore" : "ots_searchTransactionsAfter", .heavy,
        isBefore
          ? "Transactions of an address in the blocks before one, 0 meaning the newest of all."
          : "Transactions of an address in the blocks after one, 0 meaning the oldest of all.",
        parameters: [
          .required("address", "address"), .required("blockNumber", "quantity"),
          .required("pageSize", "quantity: up to \(Self.maxOtterscanPage); a page ends with a whole block"),
        ], result: result,
        refusals: [
          .init(
            -32_000,
            "no transaction of the address in as many blocks as are searched at once: the message says where to go on")
        ],
        differences:
          "There is no index. A transaction is one of an address where the address is its sender or recipient, "
          + "the contract that it created, or in a log as its emitter or in a topic; inner calls are not looked at. One "
          + "request looks at \(Self.maxSearchedBlocks) blocks or \(Self.maxSearchedTransactions) transactions, or for 2 s."
      ) { [self] (parameters, context, writer) throws(RPCError) in
        let address = try parameters.required("address", as: Address.self)
        let number = try parameters.required("blockNumber", as: UInt64.self)
        let size = Int(min(max(try parameters.required("pageSize", as: UInt64.self), 1), Self.maxOtterscanPage))
        try search(address, isBefore, number, size, context, &writer)
      }
    }
    table.add(
      "ots_getTransactionBySenderAndNonce", .pooled, "The transaction of a block in which a sender used a nonce.",
      parameters: [.required("address", "address"), .required("nonce", "quantity")],
      result: "32 bytes, or null where there is none"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let sender = try parameters.required("address", as: Address.self)
      let nonce = try parameters.required("nonce", as: UInt64.self)
      let hash = try faults.reading { () throws(ChainReadError) in
        try chain.transactionHash(sender: sender, nonce: nonce)
      }
      if let hash { writer.data(hash) } else { writer.null() }
    }
  }

  /// One page, going back from a block or forth.
  private func search(
    _ address: Address, _ isBefore: Bool, _ start: UInt64, _ size: Int, _ context: RPCContext,
    _ writer: inout JSONWriter
  ) throws(RPCError) {
    let head = chain.head.number
    var found: [LocatedReceipt] = []
    var seen = 0
    // Where the search stands, and whether it has come to the end of the chain.
    var number = isBefore ? (start == 0 ? head : min(start - 1, head)) : start == 0 ? 0 : min(start, head) + 1
    var ended = isBefore ? start == 1 : number > head
    let first = number, end = MonotonicClock.nanoseconds + Self.longestSearch
    while !ended, found.count < size {
      try context.checkCancellation()
      let receipts = try faults.reading { () throws(ChainReadError) in try chain.receipts(ofBlock: number) } ?? []
      seen += receipts.count
      let own = receipts.filter { $0.isAbout(address) }
      found += isBefore ? own.reversed() : own
      ended = number == (isBefore ? 0 : head)
      if ended { break }
      number = isBefore ? number - 1 : number + 1
      let blocks = isBefore ? first - number : number - first
      guard blocks < Self.maxSearchedBlocks, seen < Self.maxSearchedTransactions, MonotonicClock.nanoseconds < end
      else { break }
    }
    if found.isEmpty, !ended {
      let place = isBefore ? "\(number + 1) to \(first)" : "\(first) to \(number - 1)"
      throw .refused(
        "no transaction of \(address) in blocks \(place); the search goes on \(isBefore ? "before" : "after") "
          + "\(isBefore ? number + 1 : number - 1)")
    }
    if !isBefore { found.reverse() }
    writer.beginObject()
    writer.key("txs")
    writer.beginArray()
    for receipt in found {
      guard let located = try included(receipt.transactionHash) else { continue }
      writer.transaction(located)
    }
    writer.endArray()
    writer.key("receipts")
    writer.beginArray()
    for receipt in found { writer.otterscanReceipt(receipt) }
    writer.endArray()
    writer.key("firstPage")
    writer.boolean(isBefore ? start == 0 || start > head : ended)
    writer.key("lastPage")
    writer.boolean(isBefore ? ended : start == 0)
    writer.endObject()
  }
}

extension LocatedReceipt {
  /// Whether an address is who sends, gets, comes to be, or is named by a log.
  fileprivate func isAbout(_ address: Address) -> Bool {
    if from == address || to == address || receipt.contractAddress == address { return true }
    let topic = Bytes32(UInt256(address))
    return receipt.logs.contains { $0.address == address || $0.topics.contains(topic) }
  }
}
