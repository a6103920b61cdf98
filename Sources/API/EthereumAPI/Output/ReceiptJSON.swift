// Receipts and logs as JSON. The keys are those of the reference node; source: alloy-rpc-types-eth, `TransactionReceipt`
// and `Log`.

import JSON
import JSONRPC
import Primitives
import Transactions

extension JSONWriter {
  mutating func receipt(_ located: LocatedReceipt) {
    let receipt = located.receipt
    beginObject()
    transactionType(receipt.transactionType)
    key("status")
    quantity(UInt64(receipt.succeeded ? 1 : 0))
    key("cumulativeGasUsed")
    quantity(receipt.cumulativeGasUsed)
    key("logs")
    beginArray()
    for (offset, entry) in receipt.logs.enumerated() { log(entry, at: offset, of: located) }
    endArray()
    key("logsBloom")
    data(receipt.bloom.bytes)
    key("transactionHash")
    data(located.transactionHash)
    key("transactionIndex")
    quantity(located.index)
    key("blockHash")
    data(located.blockHash)
    key("blockNumber")
    quantity(located.blockNumber)
    key("gasUsed")
    quantity(receipt.gasUsed)
    key("effectiveGasPrice")
    quantity(located.effectiveGasPrice)
    key("from")
    data(located.from)
    key("to")
    if let to = located.to { data(to) } else { null() }
    key("contractAddress")
    if let address = receipt.contractAddress { data(address) } else { null() }
    if let gas = located.blobGasUsed {
      key("blobGasUsed")
      quantity(gas)
    }
    if let price = located.blobGasPrice {
      key("blobGasPrice")
      quantity(price)
    }
    batchPosition(located.batch, index: located.index)
    messages(of: located)
    endObject()
  }

  /// A log, the `offset`th of its transaction; `isRemoved` where its block has been dropped.
  mutating func log(_ log: Log, at offset: Int, of located: LocatedReceipt, isRemoved: Bool = false) {
    beginObject()
    key("address")
    data(log.address)
    key("topics")
    beginArray()
    for topic in log.topics { data(topic) }
    endArray()
    key("data")
    data(log.data)
    key("blockHash")
    data(located.blockHash)
    key("blockNumber")
    quantity(located.blockNumber)
    key("blockTimestamp")
    quantity(located.blockTimestamp)
    key("transactionHash")
    data(located.transactionHash)
    key("transactionIndex")
    quantity(located.index)
    key("logIndex")
    quantity(located.firstLogIndex + offset)
    key("removed")
    boolean(isRemoved)
    batchNumber(located.batch)
    endObject()
  }
}
