// Raw encodings of what the chain holds, and the size of the mempool: for those who debug.

import JSON
import JSONRPC
import Primitives
import Transactions

extension NodeAPI {
  func addDebugMethods(to table: inout MethodTable) {
    table.add("debug_getRawHeader", .pooled) { [self] (parameters, _, writer) throws(RPCError) in
      guard let block = try header(of: try parameters.required("blockId")) else { throw .refused("block not found") }
      writer.data(block.header.encoded)
    }
    table.add("debug_getRawTransaction", .pooled) { [self] (parameters, _, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      writer.data(try included(hash)?.transaction.transaction.envelope ?? [])
    }
    table.add("debug_getRawReceipts", .pooled) { [self] (parameters, _, writer) throws(RPCError) in
      guard let number = try number(of: try parameters.required("blockId")),
        let receipts = try reading({ () throws(ChainReadError) in try chain.receipts(ofBlock: number) })
      else { throw .refused("block not found") }
      writer.beginArray()
      for receipt in receipts { writer.data(receipt.receipt.envelope) }
      writer.endArray()
    }
    table.add("txpool_status", .inline) { [self] (_, _, writer) in
      let (pending, queued) = submitter.counts
      writer.beginObject()
      writer.key("pending")
      writer.quantity(pending)
      writer.key("queued")
      writer.quantity(queued)
      writer.endObject()
    }
  }
}
