// Headers and blocks as JSON. The keys and their order are those of the reference node; source: alloy-rpc-types-eth,
// `Header` and `Block`.

import JSON
import JSONRPC
import Primitives

extension JSONWriter {
  mutating func header(_ block: SealedHeader, isPending: Bool = false) {
    beginObject()
    headerFields(block, isPending)
    endObject()
  }

  /// What a pending block cannot have yet is null, as in geth.
  private mutating func headerFields(_ block: SealedHeader, _ isPending: Bool) {
    let header = block.header
    key("hash")
    if isPending { null() } else { data(block.hash) }
    key("parentHash")
    data(header.parentHash)
    key("sha3Uncles")
    data(header.ommersHash)
    key("miner")
    if isPending { null() } else { data(header.beneficiary) }
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
    if isPending { null() } else { data(Array(UInt256(header.nonce).bytes.suffix(8))) }
    key("baseFeePerGas")
    quantity(header.baseFeePerGas)
    if let root = header.withdrawalsRoot {
      key("withdrawalsRoot")
      data(root)
    }
    if let gas = header.blobGasUsed {
      key("blobGasUsed")
      quantity(gas)
    }
    if let gas = header.excessBlobGas {
      key("excessBlobGas")
      quantity(gas)
    }
    if let root = header.parentBeaconBlockRoot {
      key("parentBeaconBlockRoot")
      data(root)
    }
    if let hash = header.requestsHash {
      key("requestsHash")
      data(hash)
    }
  }

  /// A block; `transactions` writes the elements of the array. The size is that of its RLP in bytes; a block that could
  /// have withdrawals (EIP-4895) has none.
  ///
  /// - Parameter more: writes members that the object has besides.
  mutating func block(
    _ block: SealedHeader, size: Int, isPending: Bool = false, transactions: (inout JSONWriter) -> Void,
    more: (inout JSONWriter) -> Void = { _ in }
  ) {
    beginObject()
    headerFields(block, isPending)
    key("size")
    quantity(size)
    batch(block)
    key("uncles")
    beginArray()
    endArray()
    key("transactions")
    beginArray()
    transactions(&self)
    endArray()
    if block.header.withdrawalsRoot != nil {
      key("withdrawals")
      beginArray()
      endArray()
    }
    more(&self)
    endObject()
  }
}
