import Concurrency
import EVM
import Primitives
import Transactions

/// The state of a block while it executes: caches over the view it starts from, with the exact charges, warmth, rollback
/// and ordering rules of ZKsync OS.
///
/// Three rules shape it. *Frames*: every call runs between `openFrame()` and `close(_:keep:)`, which may undo values
/// and warmth but never unloads what was read. *Transactions*: a rejected one is undone by `abandonTransaction()`, which
/// unloads as well, so that the block afterwards is as if it had never been tried. *Epochs*: warmth compares a cell's
/// last toucher with the current epoch, so that starting a transaction makes everything cold without visiting it.
///
/// Source of the rules: zksync-os `basic_system/src/system_implementation/flat_storage_model`.
struct BlockState: ~Copyable {
  let version: ProtocolVersion
  let view: any StateView
  let hash = KeyHash()

  var cells = Buffer<Cell>()
  var cellIndex = DenseIndex()
  var cellUndo = Buffer<CellUndo>()

  var accounts = Buffer<CachedAccount>()
  var accountIndex = DenseIndex()
  var accountUndo = Buffer<AccountUndo>()

  var transients = Buffer<TransientCell>(capacity: 16)
  var transientIndex = DenseIndex(capacity: 32)
  var transientUndo = Buffer<TransientUndo>(capacity: 16)

  var preimages = Buffer<Preimage>(capacity: 16)
  var preimageIndex = DenseIndex(capacity: 32)
  /// Positions in `preimages` of what the block recorded, in order; never rolled back by frames.
  var publications: [Int] = []

  var events: [Log] = []
  var messages: [L2ToL1Log] = []

  /// What the block asked its view for, in order: the oracle queries of a proving run.
  var accesses: [Access] = []

  /// Never repeats, not even after an abandoned transaction.
  var epoch: UInt32 = 0
  /// The number of the current transaction in the block, counting included ones only.
  var transactionNumber: UInt32 = 0
  /// Undo positions are absolute; these are the positions of the first entries still held.
  var cellUndoBase: UInt64 = 1
  var accountUndoBase: UInt64 = 1
  /// Cells whose share of the pubdata the current transaction changed, with what it was before.
  var pubdataUndo: [(position: Int, bytes: UInt32)] = []
  /// Where the innermost open frame began.
  var frame = FrameMark()
  var transactionStart = TransactionMark()
  /// Counts the frames that were opened. The guest keeps a record of a change only until the next frame opens, even one
  /// that closes again before the next change.
  var snapshot: UInt64 = 1
  /// Frames that were undone since the beginning of the block, for simulations.
  var undoneFrames = 0

  /// What the current transaction makes the proving run do.
  var effort = Effort()

  /// Ends a simulation early; blocks take the time that they need.
  var cancellation: Cancellation?

  /// The cause behind a `Halt.internalFailure`.
  var fault: BlockError?

  init(view: any StateView, version: ProtocolVersion, cancellation: Cancellation? = nil) {
    self.view = view
    self.version = version
    self.cancellation = cancellation
  }

  /// Notes why the block cannot go on and returns the error that unwinds to its top.
  mutating func fail(_ cause: BlockError) -> Halt {
    if fault == nil { fault = cause }
    return .internalFailure
  }

  /// Looks whether anybody still waits for a simulation. Called where a call, a creation, or a first access begins.
  @inline(__always)
  func checkCancellation() throws(Halt) {
    if let cancellation, cancellation.isCancelled { throw .cancelled }
  }

  /// Runs work that costs no gas: its native is charged, and the gas is afterwards what it was.
  mutating func withoutGas<T>(
    _ meter: inout Meter, _ body: (inout BlockState, inout Meter) throws(Halt) -> T
  ) throws(Halt) -> T {
    let (gas, fraction) = (meter.gas, meter.fraction)
    meter.gas = .max
    defer { (meter.gas, meter.fraction) = (gas, fraction) }
    return try body(&self, &meter)
  }

  // MARK: Transactions

  /// Commits what came before, makes everything cold, and forgets transient storage.
  mutating func beginTransaction() {
    cellUndoBase += UInt64(cellUndo.count)
    cellUndo.truncate(to: 0)
    accountUndoBase += UInt64(accountUndo.count)
    accountUndo.truncate(to: 0)
    transients.truncate(to: 0)
    transientIndex.removeAll()
    transientUndo.truncate(to: 0)
    epoch += 1
    snapshot &+= 1
    effort = Effort()
    frame = FrameMark(
      cellUndo: cellUndoBase, accountUndo: accountUndoBase, transientUndo: 0, events: events.count,
      messages: messages.count)
    transactionStart = TransactionMark(
      frame: frame, cells: cells.count, accounts: accounts.count, preimages: preimages.count,
      publications: publications.count, accesses: accesses.count, transactionNumber: transactionNumber)
    accesses.append(.transaction)
    pubdataUndo.removeAll(keepingCapacity: true)
  }

  /// Wipes the accounts that destroyed themselves and steps the transaction number.
  ///
  /// The mark of destruction stays: an account that is merely touched by a later transaction of the block is wiped again.
  mutating func finishTransaction() {
    var anyWiped = false
    for undoPosition in 0..<accountUndo.count {
      let position = accountUndo[undoPosition].position
      guard accounts[position].isDeconstructed else { continue }
      accounts[position].current = .empty
      anyWiped = true
    }
    if anyWiped { clearStorageOfWipedAccounts() }
    transactionNumber += 1
  }

  /// Every cached cell of an account wiped by this transaction becomes zero and counts as never written.
  private mutating func clearStorageOfWipedAccounts() {
    for position in 0..<cells.count {
      guard let owner = findAccount(Address(truncating: cells[position].address)), accounts[owner].isDeconstructed,
        accounts[owner].touched == epoch
      else { continue }
      saveCell(position)
      cells[position].current = .zero
      cells[position].isUnset = true
      cells[position].hasUpdates = true
    }
  }

  /// Undoes everything since `beginTransaction()`, what was loaded included.
  mutating func abandonTransaction() {
    let start = transactionStart
    for entry in pubdataUndo.reversed() { cells[entry.position].pubdataBytes = entry.bytes }
    pubdataUndo.removeAll(keepingCapacity: true)
    abandonEffort()
    rollback(to: start.frame)
    while cells.count > start.cells {
      let cell = cells.removeLast()
      cellIndex.remove(hash(cell.address, cell.key), position: cells.count)
    }
    while accounts.count > start.accounts {
      let account = accounts.removeLast()
      accountIndex.remove(hash(UInt256(account.address)), position: accounts.count)
    }
    while preimages.count > start.preimages {
      let preimage = preimages.removeLast()
      preimageIndex.remove(hash(UInt256(preimage.hash)), position: preimages.count)
    }
    publications.removeSubrange(start.publications...)
    accesses.removeSubrange(start.accesses...)
    frame = start.frame
    transactionNumber = start.transactionNumber
  }

  // MARK: Frames

  /// Opens a frame.
  mutating func openFrame() -> FrameHandle {
    let outer = frame
    snapshot &+= 1
    frame = FrameMark(
      cellUndo: cellUndoBase + UInt64(cellUndo.count), accountUndo: accountUndoBase + UInt64(accountUndo.count),
      transientUndo: transientUndo.count, events: events.count, messages: messages.count)
    return FrameHandle(start: frame, outer: outer)
  }

  /// Closes a frame and keeps or undoes what happened in it. Frames inside it that an error left open close with it.
  mutating func close(_ handle: FrameHandle, keep: Bool) {
    if !keep {
      rollback(to: handle.start)
      undoneFrames += 1
    }
    frame = handle.outer
  }

  /// Undoes values, warmth, transient storage, events and messages since `mark`; what was loaded stays loaded.
  mutating func rollback(to mark: FrameMark) {
    while cellUndoBase + UInt64(cellUndo.count) > mark.cellUndo {
      let entry = cellUndo.removeLast()
      cells[entry.position].current = entry.current
      cells[entry.position].isUnset = entry.isUnset
      cells[entry.position].hasUpdates = entry.hasUpdates
      cells[entry.position].touched = entry.touched
      cells[entry.position].undo = entry.undo
    }
    while accountUndoBase + UInt64(accountUndo.count) > mark.accountUndo {
      let entry = accountUndo.removeLast()
      accounts[entry.position].current = entry.current
      accounts[entry.position].hasUpdates = entry.hasUpdates
      accounts[entry.position].isDeconstructed = entry.isDeconstructed
      accounts[entry.position].keepsCodePrivate = entry.keepsCodePrivate
      accounts[entry.position].touched = entry.touched
      accounts[entry.position].deployedIn = entry.deployedIn
      accounts[entry.position].undo = entry.undo
    }
    while transientUndo.count > mark.transientUndo {
      let entry = transientUndo.removeLast()
      transients[entry.position].value = entry.value
    }
    if events.count > mark.events { events.removeSubrange(mark.events...) }
    if messages.count > mark.messages { messages.removeSubrange(mark.messages...) }
  }

  /// Remembers a cell before its first change in this frame.
  @inline(__always)
  mutating func saveCell(_ position: Int) {
    if cells[position].recordedIn != snapshot {
      cells[position].recordedIn = snapshot
      effort.records &+= 1
    }
    guard cells[position].undo <= frame.cellUndo else { return }
    cellUndo.append(
      CellUndo(
        position: position, current: cells[position].current, isUnset: cells[position].isUnset,
        hasUpdates: cells[position].hasUpdates, touched: cells[position].touched, undo: cells[position].undo))
    cells[position].undo = cellUndoBase + UInt64(cellUndo.count)
  }

  /// Remembers an account before its first change in this frame.
  @inline(__always)
  mutating func saveAccount(_ position: Int) {
    if accounts[position].recordedIn != snapshot {
      accounts[position].recordedIn = snapshot
      effort.records &+= 1
    }
    guard accounts[position].undo <= frame.accountUndo else { return }
    accountUndo.append(
      AccountUndo(
        position: position, current: accounts[position].current, hasUpdates: accounts[position].hasUpdates,
        isDeconstructed: accounts[position].isDeconstructed, keepsCodePrivate: accounts[position].keepsCodePrivate,
        touched: accounts[position].touched, deployedIn: accounts[position].deployedIn,
        undo: accounts[position].undo))
    accounts[position].undo = accountUndoBase + UInt64(accountUndo.count)
  }
}

/// How far the journals reached when a frame opened. Undo positions are absolute over the block.
struct FrameMark {
  var cellUndo: UInt64 = 1
  var accountUndo: UInt64 = 1
  var transientUndo = 0
  var events = 0
  var messages = 0
}

/// An open frame.
struct FrameHandle {
  let start: FrameMark
  let outer: FrameMark
}

/// What a transaction started from.
struct TransactionMark {
  var frame = FrameMark()
  var cells = 0
  var accounts = 0
  var preimages = 0
  var publications = 0
  var accesses = 0
  var transactionNumber: UInt32 = 0
}

/// A question that execution asked the state, with its answer where that is short. In order, these are the oracle
/// queries of a proving run between its transactions.
public enum Access: Hashable, Sendable {
  /// The next included transaction begins: the run asks for its size and content.
  case transaction
  /// The value of a slot; `isNew` where the tree has no such leaf (the value is then zero).
  case slot(flatKey: Bytes32, value: Bytes32, isNew: Bool)
  /// The bytes behind a hash.
  case preimage(hash: Bytes32)
}
