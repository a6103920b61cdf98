// Raw encodings of what the chain holds: for those who debug.

import EthereumAPI
import JSON
import JSONRPC
import Primitives
import Transactions

extension ZKsyncAPI {
  func addDebugMethods(to table: inout MethodTable) {
    table.add(
      "debug_getRawHeader", .pooled, "The RLP of a header.", parameters: [.required("blockId", "block")],
      result: "data", refusals: [.blockNotFound]
    ) { [self] (parameters, _, writer) throws(RPCError) in
      guard let block = try blocks.header(of: try parameters.required("blockId")) else {
        throw .refused("block not found")
      }
      writer.data(block.header.encoded)
    }
    table.add(
      "debug_getRawTransaction", .pooled, "The envelope of a transaction in a block.",
      parameters: [.required("hash", "32 bytes")], result: "data, empty where there is none"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      let located = try blocks.faults.reading { () throws(ChainReadError) in try blocks.chain.transaction(hash: hash) }
      writer.data(located?.transaction.transaction.envelope ?? [])
    }
    table.add(
      "debug_getRawReceipts", .pooled, "The envelopes of the receipts of a block.",
      parameters: [.required("blockId", "block")], result: "array of data", refusals: [.blockNotFound]
    ) { [self] (parameters, _, writer) throws(RPCError) in
      guard let number = try blocks.number(of: try parameters.required("blockId")),
        let receipts = try blocks.faults.reading({ () throws(ChainReadError) in
          try blocks.chain.receipts(ofBlock: number)
        })
      else { throw .refused("block not found") }
      writer.beginArray()
      for receipt in receipts { writer.data(receipt.receipt.envelope) }
      writer.endArray()
    }
  }
}
