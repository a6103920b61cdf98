import Primitives
import Transactions

// How much pubdata the current transaction is charged for.

extension BlockState {
  /// Bytes attributed to the transaction at this moment: the changes since the start of the *block* of everything it
  /// touched, and its messages. Not monotonic: a transaction that restores a value makes it smaller.
  ///
  /// Source: zksync-os `storage_cache.rs`, `account_cache.rs` (`calculate_pubdata_used_by_tx`), `logs_storage.rs`.
  func pubdataUsed() -> UInt64 {
    var bytes = 0
    let start = transactionStart.frame
    let accountSpace = UInt256(SystemAddress.accountProperties)
    for index in 0..<cellUndo.count where cellUndo[index].undo <= start.cellUndo {
      let position = cellUndo[index].position
      guard cells[position].current != cells[position].initial, cells[position].address != accountSpace else {
        continue
      }
      bytes += 32 + PubdataCompression.length(from: cells[position].initial, to: cells[position].current)
    }
    for index in 0..<accountUndo.count where accountUndo[index].undo <= start.accountUndo {
      let position = accountUndo[index].position
      bytes += PubdataCompression.accountLength(
        from: accounts[position].initial, to: accounts[position].current,
        isCodePrivate: accounts[position].keepsCodePrivate, version)
    }
    for log in messages[start.messages...] {
      bytes += L2ToL1Log.encodedLength + (log.message.map { 4 + $0.count } ?? 0)
    }
    return UInt64(bytes)
  }
}
