// Blocks and headers.

import JSON
import JSONRPC
import Primitives
import Transactions

extension NodeAPI {
  func addBlockMethods(to table: inout MethodTable) {
    for name in ["eth_getBlockByNumber", "eth_getBlockByHash"] {
      table.add(name, .pooled) { [self] (parameters, _, writer) throws(RPCError) in
        let id = try Self.blockParameter(of: name, &parameters)
        let isFull = try parameters.optional("full", as: Bool.self) ?? false
        try writeBlock(id, isFull: isFull, &writer)
      }
    }
    for name in ["eth_getHeaderByNumber", "eth_getHeaderByHash"] {
      table.add(name, .pooled) { [self] (parameters, _, writer) throws(RPCError) in
        guard let header = try header(of: try Self.blockParameter(of: name, &parameters)) else { return writer.null() }
        writer.header(header)
      }
    }
    for name in ["eth_getBlockTransactionCountByNumber", "eth_getBlockTransactionCountByHash"] {
      table.add(name, .pooled) { [self] (parameters, _, writer) throws(RPCError) in
        guard let number = try number(of: try Self.blockParameter(of: name, &parameters)),
          let hashes = try reading({ () throws(ChainReadError) in try chain.transactionHashes(ofBlock: number) })
        else { return writer.null() }
        writer.quantity(hashes.count)
      }
    }
    for name in ["eth_getUncleCountByBlockNumber", "eth_getUncleCountByBlockHash"] {
      table.add(name, .pooled) { [self] (parameters, _, writer) throws(RPCError) in
        let isKnown = try header(of: try Self.blockParameter(of: name, &parameters)) != nil
        if isKnown { writer.quantity(UInt64(0)) } else { writer.null() }
      }
    }
    for name in ["eth_getUncleByBlockNumberAndIndex", "eth_getUncleByBlockHashAndIndex"] {
      table.add(name, .inline) { (_, _, writer) in writer.null() }
    }
    table.add("eth_getBlockReceipts", .pooled) { [self] (parameters, _, writer) throws(RPCError) in
      guard let number = try number(of: try parameters.required("blockId")),
        let receipts = try reading({ () throws(ChainReadError) in try chain.receipts(ofBlock: number) })
      else { return writer.null() }
      writer.beginArray()
      for receipt in receipts { writer.receipt(receipt) }
      writer.endArray()
    }
  }

  /// The first parameter of a method that comes in a flavour for numbers and one for hashes.
  static func blockParameter(of method: String, _ parameters: inout Parameters) throws(RPCError) -> BlockID {
    method.contains("Hash")
      ? .hash(try parameters.required("hash")) : try parameters.required("number", as: BlockID.self)
  }

  private func writeBlock(_ id: BlockID, isFull: Bool, _ writer: inout JSONWriter) throws(RPCError) {
    guard let block = try header(of: id) else { return writer.null() }
    if isFull {
      let transactions =
        try reading { () throws(ChainReadError) in try chain.transactions(ofBlock: block.number) } ?? []
      writer.block(block) { writer in
        for (index, transaction) in transactions.enumerated() {
          writer.transaction(
            LocatedTransaction(
              transaction: transaction, blockHash: block.hash, blockNumber: block.number, index: index,
              baseFee: block.header.baseFeePerGas))
        }
      }
    } else {
      let hashes = try reading { () throws(ChainReadError) in try chain.transactionHashes(ofBlock: block.number) } ?? []
      writer.block(block) { writer in
        for hash in hashes { writer.data(hash) }
      }
    }
  }
}
