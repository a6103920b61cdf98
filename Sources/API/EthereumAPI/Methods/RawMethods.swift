// Raw encodings of what the chain holds: for those who debug.

import JSON
import JSONRPC
import Primitives
import Transactions

extension EthereumAPI {
  func addRawMethods(to table: inout MethodTable) {
    table.add(
      "debug_getRawHeader", .pooled, "The RLP of a header, the bytes whose Keccak-256 is the hash of the block.",
      parameters: [.required("blockId", "block")],
      result: "data", refusals: [.blockNotFound]
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let block = try knownBlock(&parameters).header
      writer.data((block.hashedHeader ?? block.header).encoded)
    }
    table.add(
      "debug_getRawTransaction", .pooled, "The envelope of a transaction in a block.",
      parameters: [.required("hash", "32 bytes")], result: "data, empty where there is none"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      writer.data(try included(hash)?.transaction.transaction.envelope ?? [])
    }
    table.add(
      "debug_getRawReceipts", .pooled, "The envelopes of the receipts of a block.",
      parameters: [.required("blockId", "block")], result: "array of data", refusals: [.blockNotFound],
      isWhole: true
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let receipts = try receipts(of: try knownBlock(&parameters))
      writer.beginArray()
      for receipt in receipts { writer.data(receipt.receipt.envelope) }
      writer.endArray()
    }
    table.add(
      "debug_getRawBlock", .pooled, "The RLP of a block.", parameters: [.required("blockId", "block")], result: "data",
      refusals: [.blockNotFound],
      differences: configuration.hasEthereumBlocks
        ? "" : "Transactions that L1 requested are in it as the envelopes that their hashes are of.",
      isWhole: true
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let block = try knownBlock(&parameters)
      writer.data(
        EthereumBlock.encode(block.header.hashedHeader ?? block.header.header, try transactions(of: block)))
    }
  }

  private func knownBlock(_ parameters: inout Parameters) throws(RPCError) -> NamedBlock {
    guard let block = try named(try parameters.required("blockId")) else { throw .refused("block not found") }
    return block
  }
}
