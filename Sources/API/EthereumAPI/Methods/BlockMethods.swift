// Blocks and headers.

import JSON
import JSONRPC
import Primitives
import Transactions

extension EthereumAPI {
  func addBlockMethods(to table: inout MethodTable) {
    for naming in BlockNaming.allCases {
      table.add(
        "eth_getBlockBy\(naming.rawValue)", .pooled,
        "The block \(naming.phrase), with its transactions or their hashes.",
        parameters: [naming.parameter, .optional("full", "boolean")], result: "block, or null where there is none",
        isWhole: true
      ) { [self] (parameters, _, writer) throws(RPCError) in
        let id = try naming.block(&parameters)
        let isFull = try parameters.optional("full", as: Bool.self) ?? false
        try writeBlock(id, isFull: isFull, &writer)
      }
    }
    for naming in BlockNaming.allCases {
      table.add(
        "eth_getHeaderBy\(naming.rawValue)", .pooled, "The header of the block \(naming.phrase).",
        parameters: [naming.parameter], result: "header, or null where there is none"
      ) { [self] (parameters, _, writer) throws(RPCError) in
        guard let block = try named(try naming.block(&parameters)) else { return writer.null() }
        writer.header(block.header, isPending: block.pending != nil)
      }
    }
    for naming in BlockNaming.allCases {
      table.add(
        "eth_getBlockTransactionCountBy\(naming.rawValue)", .pooled,
        "How many transactions the block \(naming.phrase) has.", parameters: [naming.parameter],
        result: "quantity, or null where there is no block"
      ) { [self] (parameters, _, writer) throws(RPCError) in
        guard let block = try named(try naming.block(&parameters)) else { return writer.null() }
        writer.quantity(try transactionHashes(of: block).count)
      }
    }
    for naming in BlockNaming.allCases {
      table.add(
        "eth_getUncleCountByBlock\(naming.rawValue)", .pooled, "How many uncles the block \(naming.phrase) has: zero.",
        parameters: [naming.parameter], result: "quantity, or null where there is no block"
      ) { [self] (parameters, _, writer) throws(RPCError) in
        let isKnown = try blocks.header(of: try naming.block(&parameters)) != nil
        if isKnown { writer.quantity(UInt64(0)) } else { writer.null() }
      }
    }
    for naming in BlockNaming.allCases {
      table.add(
        "eth_getUncleByBlock\(naming.rawValue)AndIndex", .inline, "An uncle of a block: there are none.", result: "null"
      ) { (_, _, writer) in writer.null() }
    }
    table.add(
      "eth_getBlockReceipts", .pooled, "The receipts of a block.", parameters: [.required("blockId", "block")],
      result: "array of receipts, or null where there is no block", isWhole: true
    ) { [self] (parameters, _, writer) throws(RPCError) in
      guard let block = try named(try parameters.required("blockId")) else { return writer.null() }
      let receipts = try receipts(of: block)
      writer.beginArray()
      for receipt in receipts { writer.receipt(receipt) }
      writer.endArray()
    }
  }

  func writeBlock(_ id: BlockID, isFull: Bool, _ writer: inout JSONWriter) throws(RPCError) {
    guard let block = try named(id) else { return writer.null() }
    let header = block.header
    let isPending = block.pending != nil
    let transactions = try transactions(of: block)
    let size = EthereumBlock.size(
      header.header, transactionBytes: header.transactionBytes ?? EthereumBlock.bytes(of: transactions))
    writer.block(header, size: size, isPending: isPending) { writer in
      for (index, transaction) in transactions.enumerated() {
        if !isFull {
          writer.data(transaction.hash)
        } else if isPending {
          writer.pendingTransaction(transaction)
        } else {
          writer.transaction(
            LocatedTransaction(
              transaction: transaction, blockHash: header.hash, blockNumber: header.number,
              blockTimestamp: header.header.timestamp, index: index, baseFee: header.header.baseFeePerGas,
              batch: header.batch))
        }
      }
    }
  }
}
