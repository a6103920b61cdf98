// Headers and blocks as JSON. The keys and their order are those of the reference node; source: alloy-rpc-types-eth,
// `Header` and `Block`.

import JSON
import JSONRPC
import Primitives

extension JSONWriter {
  mutating func header(_ block: SealedHeader) {
    beginObject()
    headerFields(block)
    endObject()
  }

  mutating func headerFields(_ block: SealedHeader) {
    let header = block.header
    key("hash")
    data(block.hash)
    key("parentHash")
    data(header.parentHash)
    key("sha3Uncles")
    data(header.ommersHash)
    key("miner")
    data(header.beneficiary)
    key("stateRoot")
    data(header.stateRoot)
    key("transactionsRoot")
    data(header.transactionsRoot)
    key("receiptsRoot")
    data(header.receiptsRoot)
    key("logsBloom")
    data(header.logsBloom.bytes)
    key("difficulty")
    quantity(header.difficulty)
    key("number")
    quantity(header.number)
    key("gasLimit")
    quantity(header.gasLimit)
    key("gasUsed")
    quantity(header.gasUsed)
    key("timestamp")
    quantity(header.timestamp)
    key("extraData")
    data(header.extraData)
    key("mixHash")
    data(header.mixHash)
    key("nonce")
    data(Array(UInt256(header.nonce).bytes.suffix(8)))
    key("baseFeePerGas")
    quantity(header.baseFeePerGas)
  }

  /// A block; `transactions` writes the elements of the array.
  mutating func block(_ block: SealedHeader, transactions: (inout JSONWriter) -> Void) {
    beginObject()
    headerFields(block)
    key("uncles")
    beginArray()
    endArray()
    key("transactions")
    beginArray()
    transactions(&self)
    endArray()
    endObject()
  }
}
