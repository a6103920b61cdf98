// Blocks as Otterscan shows them: without what it does not.

import JSON
import JSONRPC
import Primitives
import Transactions

extension EthereumAPI {
  /// Transactions of one page, at most.
  static let maxOtterscanPage: UInt64 = 1_000

  func addOtterscanBlockMethods(to table: inout MethodTable) {
    for naming in BlockNaming.allCases {
      table.add(
        naming == .number ? "ots_getBlockDetails" : "ots_getBlockDetailsByHash", .pooled,
        "The block \(naming.phrase) without its transactions, and the fees that they paid.",
        parameters: [naming.parameter],
        result: "object with `block`, `issuance`, `totalFees`, or null where there is none"
      ) { [self] (parameters, _, writer) throws(RPCError) in
        let id = try naming.block(&parameters)
        guard let header = try blocks.header(of: id), let block = try block(header) else { return writer.null() }
        writer.beginObject()
        writer.key("block")
        writer.beginObject()
        Self.write(block.fields, leavingOut: ["transactions"], &writer)
        writer.key("transactionCount")
        writer.number(block.receipts.count)
        writer.endObject()
        writer.key("issuance")
        // Nobody is paid for blocks but by those who send transactions.
        writer.beginObject()
        for name in ["blockReward", "uncleReward", "issuance"] {
          writer.key(name)
          writer.quantity(UInt64(0))
        }
        writer.endObject()
        writer.key("totalFees")
        writer.quantity(
          block.receipts.reduce(UInt256.zero) { $0 &+ UInt256($1.receipt.gasUsed) &* $1.effectiveGasPrice })
        writer.endObject()
      }
    }
    table.add(
      "ots_getBlockTransactions", .pooled,
      "A page of the transactions of a block, the last ones first, with their receipts.",
      parameters: [
        .required("number", "block"), .required("pageNumber", "quantity"),
        .required("pageSize", "quantity: up to \(Self.maxOtterscanPage)"),
      ], result: "object with `fullblock` and `receipts`, or null where there is no block",
      differences: "As with Erigon, inputs are cut to the selector, and logs are left out of receipts."
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let id = try parameters.required("number", as: BlockID.self)
      let page = try parameters.required("pageNumber", as: UInt64.self)
      let size = min(try parameters.required("pageSize", as: UInt64.self), Self.maxOtterscanPage)
      guard let header = try blocks.header(of: id), let block = try block(header) else { return writer.null() }
      let count = UInt64(block.receipts.count)
      let (passed, overflow) = page.multipliedReportingOverflow(by: size)
      let end = overflow || passed > count ? 0 : count - passed
      let range = Int(end - min(size, end))..<Int(end)
      writer.beginObject()
      writer.key("fullblock")
      writer.beginObject()
      Self.write(block.fields, leavingOut: ["transactions"], &writer)
      writer.key("transactionCount")
      writer.quantity(count)
      writer.key("transactions")
      writer.beginArray()
      for transaction in (block.fields["transactions"]?.elements(atMost: .max) ?? [])[range] {
        writer.beginObject()
        Self.write(transaction, leavingOut: ["input"], &writer)
        writer.key("input")
        writer.data(Array((transaction["input"]?.data ?? []).prefix(4)))
        writer.endObject()
      }
      writer.endArray()
      writer.endObject()
      writer.key("receipts")
      writer.beginArray()
      for receipt in block.receipts[range] { writer.otterscanReceipt(receipt) }
      writer.endArray()
      writer.endObject()
    }
  }

  /// A block of the chain as other methods show it, with its transactions, and its receipts; `nil` where it is gone.
  private func block(_ header: SealedHeader) throws(RPCError) -> (fields: JSONValue, receipts: [LocatedReceipt])? {
    var json = JSONWriter()
    try writeBlock(.hash(header.hash), isFull: true, &json)
    let receipts = try faults.reading { () throws(ChainReadError) in try chain.receipts(ofBlock: header.number) } ?? []
    guard let fields = try? JSONValue(parsing: json.bytes), fields.kind == .object,
      fields["transactions"]?.elements(atMost: .max)?.count == receipts.count
    else { return nil }
    return (fields, receipts)
  }

  /// The members of an object but for some; blooms are null.
  static func write(_ object: JSONValue, leavingOut names: Set<String>, _ writer: inout JSONWriter) {
    object.forEachMember { (name, value) in
      if names.contains(name) { return }
      writer.key(name)
      if name == "logsBloom" || name == "logs" { writer.null() } else { writer.value(value) }
    }
  }
}

extension JSONWriter {
  /// A receipt without logs, and with the time of its block.
  mutating func otterscanReceipt(_ receipt: LocatedReceipt) {
    var json = JSONWriter()
    json.receipt(receipt)
    guard let fields = try? JSONValue(parsing: json.bytes) else { return null() }
    beginObject()
    EthereumAPI.write(fields, leavingOut: ["timestamp"], &self)
    key("timestamp")
    number(Int(clamping: receipt.blockTimestamp))
    endObject()
  }
}
