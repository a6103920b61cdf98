import Primitives
import Transactions

// How long the block's pubdata would be, kept up to date transaction by transaction.

extension BlockState {
  /// Bytes of the pubdata of a block without transactions: its hash and three counters.
  static let emptyPubdataBytes = 32 + 3 * 4

  /// Counts the transaction that has just finished. `abandonTransaction()` takes it back.
  ///
  /// - Returns: bytes by which the block's pubdata became longer; negative where values were restored.
  mutating func countPubdata() -> Int {
    var growth = 0
    let start = transactionStart.frame
    for index in 0..<cellUndo.count where cellUndo[index].undo <= start.cellUndo {
      let position = cellUndo[index].position
      // An account that was loaded stays so, with its slot.
      let owner =
        cells[position].address == UInt256(SystemAddress.accountProperties)
        ? findAccount(Address(truncating: cells[position].key)) : nil
      growth += recount(position, owner: owner)
    }
    for index in 0..<accountUndo.count where accountUndo[index].undo <= start.accountUndo {
      let owner = accountUndo[index].position
      growth += recount(accounts[owner].cell, owner: owner)
    }
    for log in messages[start.messages...] {
      growth += L2ToL1Log.encodedLength + (log.message.map { 4 + $0.count } ?? 0)
    }
    return growth
  }

  /// Brings a cell's share of the pubdata up to date, and returns by how much it grew.
  private mutating func recount(_ position: Int, owner: Int?) -> Int {
    var bytes = 0
    if let owner, accounts[owner].current != accounts[owner].initial {
      bytes =
        32
        + PubdataCompression.accountBodyLength(
          from: accounts[owner].initial, to: accounts[owner].current,
          isCodePrivate: accounts[owner].keepsCodePrivate, version)
    } else if cells[position].hasUpdates {
      bytes = 32
      if cells[position].current != cells[position].initial {
        bytes += PubdataCompression.length(from: cells[position].initial, to: cells[position].current)
      }
    }
    let before = Int(cells[position].pubdataBytes)
    guard bytes != before else { return 0 }
    pubdataUndo.append((position, cells[position].pubdataBytes))
    cells[position].pubdataBytes = UInt32(bytes)
    return bytes - before
  }
}
