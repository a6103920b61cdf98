// What a rollup shows beside what Ethereum does. The keys are those of Era; source: zksync-era `core/lib/types/src/api`.

import JSON
import JSONRPC
import Primitives

extension JSONWriter {
  /// `l1BatchNumber`: null until there is a batch.
  mutating func batchNumber(_ place: BatchPlace) {
    switch place {
    case .notRollup: return
    case .notBatched:
      key("l1BatchNumber")
      null()
    case .batch(let number):
      key("l1BatchNumber")
      quantity(number)
    }
  }

  /// ``batchNumber(_:)``, and the transaction's index in the batch.
  mutating func batchPosition(_ place: BatchPlace, index: Int) {
    batchNumber(place)
    switch place {
    case .notRollup: return
    case .notBatched:
      key("l1BatchTxIndex")
      null()
    case .batch:
      key("l1BatchTxIndex")
      quantity(index)
    }
  }

  /// What a block says of its batch.
  mutating func batch(_ block: SealedHeader) {
    if block.batch != .notRollup {
      // There was never any work in it; clients of Era read it.
      key("totalDifficulty")
      quantity(UInt64(0))
    }
    batchNumber(block.batch)
    switch block.batch {
    case .notRollup: return
    case .notBatched:
      key("l1BatchTimestamp")
      null()
    case .batch:
      // A batch ends with the block that it begins with.
      key("l1BatchTimestamp")
      quantity(block.header.timestamp)
    }
  }

  /// `l2ToL1Logs` of a receipt.
  mutating func messages(of located: LocatedReceipt) {
    guard located.batch != .notRollup else { return }
    key("l2ToL1Logs")
    beginArray()
    for (offset, message) in located.messages.messages.enumerated() {
      beginObject()
      key("blockHash")
      data(located.blockHash)
      key("blockNumber")
      quantity(located.blockNumber)
      key("blockTimestamp")
      quantity(located.blockTimestamp)
      batchNumber(located.batch)
      key("transactionHash")
      data(located.transactionHash)
      key("transactionIndex")
      quantity(located.index)
      key("txIndexInL1Batch")
      quantity(message.transactionNumber)
      key("logIndex")
      quantity(located.messages.firstIndex + offset)
      key("transactionLogIndex")
      quantity(offset)
      key("shardId")
      quantity(UInt64(0))
      key("isService")
      boolean(true)
      key("sender")
      data(message.sender)
      key("key")
      data(message.key)
      key("value")
      data(message.value)
      endObject()
    }
    endArray()
  }
}
