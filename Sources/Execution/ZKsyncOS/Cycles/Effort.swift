import EVM

/// Counts the proving work of one transaction while it executes, once as an addition to its block and once as if it were
/// alone in one: what earlier transactions of the block have loaded costs the block nothing more, but would cost it alone.
struct Effort {
  /// What the transaction adds to its block and would also take alone, but for what the counters below hold.
  var common = ProvingWork()
  /// What a block of nothing else would take besides, the block itself included.
  private var repeated = ProvingWork()
  /// What it adds to its block besides.
  var firstTime = ProvingWork()
  /// What is written that the block had counted before, and what is not.
  var written = ProvingWork()

  // Counted by every access, and therefore plain numbers.
  var accesses: UInt64 = 0
  var transientAccesses: UInt64 = 0
  var storageWrites: UInt64 = 0
  var coldAccesses: UInt64 = 0
  var records: UInt64 = 0
  /// Native charged for what has a kind of its own, or for nothing at all: pubdata, what a failed deployment had left.
  var excludedNative: UInt64 = 0

  /// What was left when a precompile asked for more than there was.
  var nativeAtHalt: UInt64 = 0
  /// Native spent by an execution that ran out; the transaction's meter does not know it.
  private var lostNative: UInt64 = 0

  init() {
    repeated[.block] = 1
    common[.transaction] = 1
  }

  /// What the transaction adds to its block, and what a block of nothing else would take.
  var added: ProvingWork { common + firstTime }
  var alone: ProvingWork { common + repeated + written }

  // MARK: State

  /// A slot or account was accessed, at this price.
  @inline(__always)
  mutating func accessed(native: UInt64) {
    accesses &+= 1
    excludedNative &+= native
  }

  /// A slot was accessed for the first time in this transaction, at this price.
  mutating func coldAccessed(native: UInt64) {
    coldAccesses &+= 1
    excludedNative &+= native
  }

  mutating func slotWritten(native: UInt64) {
    storageWrites &+= 1
    excludedNative &+= native
  }

  /// The block loaded a slot.
  mutating func slotLoaded(isNew: Bool) { common[isNew ? .newSlot : .existingSlot] += 1 }

  /// A slot that the block has loaded, or that of an account, for the first time in this transaction.
  mutating func slotRepeated(isNew: Bool) { repeated[isNew ? .newSlot : .existingSlot] += 1 }

  /// An account that the block has loaded, for the first time in this transaction.
  mutating func accountRepeated(isNew: Bool) {
    coldAccesses &+= 1
    slotRepeated(isNew: isNew)
    if !isNew { preimageRepeated(bytes: AccountProperties.encodedLength) }
  }

  mutating func preimageLoaded(bytes: Int) { common[.preimageByte] += UInt64(bytes) }

  mutating func preimageRepeated(bytes: Int) { repeated[.preimageByte] += UInt64(bytes) }

  // MARK: Computation

  /// A hash that the system itself computes, at the price of Keccak-256.
  mutating func hashed(bytes: Int) {
    common[.keccakBlock] += UInt64(bytes / 136 + 1)
    excludedNative &+= NativeCost.keccak(bytes)
  }

  /// Code is about to run whose jump destinations have to be found first, at this price.
  mutating func analysed(bytes: Int, native: UInt64) {
    common[.analysedByte] += UInt64(bytes)
    excludedNative &+= native
  }

  /// - Parameter worked: whether it had the gas to begin.
  mutating func precompile(_ precompile: Precompile, native: UInt64, worked: Bool) {
    excludedNative &+= native
    if worked, let kind = ProvingWork.Kind(precompile) { common[kind] += native }
  }

  /// An execution that had `native` in the beginning ended for lack of it.
  mutating func ranOutOfNative(_ native: UInt64) { lostNative &+= native &- min(native, nativeAtHalt) }

  /// Work that was done at no cost; its native, all of which was excluded or is now to be.
  mutating func unmetered(_ native: UInt64) { lostNative &+= native }

  /// Sums up. Nothing comes after it.
  ///
  /// - Parameters:
  ///   - native: what the transaction's meter lost.
  ///   - counted: what instructions counted.
  mutating func finish(native: UInt64, counted: CountedWork) {
    common[.access] += accesses
    common[.transientAccess] += transientAccesses
    common[.storageWrite] += storageWrites
    common[.coldAccess] += coldAccesses
    common[.record] += records
    common[.keccakBlock] += counted.keccakBlocks
    common[.movedByte] += counted.movedBytes
    let spent = native &+ lostNative
    common[.native] += spent - min(spent, excludedNative &+ counted.native)
  }
}

extension BlockState {
  /// Counts what the transaction that ends now leaves to be written, and gives what it adds to its block.
  ///
  /// - Parameters:
  ///   - native: see ``TransactionResult/nativeUsed``.
  ///   - encodedLength: bytes of the transaction in the virtual machine's encoding.
  ///   - counted: what its instructions counted.
  mutating func finishEffort(native: UInt64, encodedLength: Int, counted: CountedWork) -> ProvingWork {
    let start = transactionStart.frame
    for index in 0..<cellUndo.count where cellUndo[index].undo <= start.cellUndo {
      let position = cellUndo[index].position
      guard cells[position].current != cells[position].initial else { continue }
      let kind: ProvingWork.Kind = cells[position].isNew ? .insertion : .update
      effort.written[kind] += 1
      if cells[position].countedIn == 0 {
        cells[position].countedIn = epoch
        effort.firstTime[kind] += 1
      }
    }
    for index in 0..<accountUndo.count where accountUndo[index].undo <= start.accountUndo {
      countChange(of: accountUndo[index].position)
    }
    if messages.count > start.messages {
      effort.written[.logTree] = 1
      if start.messages == 0 { effort.firstTime[.logTree] = 1 }
    }
    for log in messages[start.messages...] {
      effort.common[.l2ToL1Log] += 1
      if let message = log.message { effort.common[.publishedByte] += UInt64(message.count) }
    }
    effort.common[.encodedByte] += UInt64(encodedLength)
    effort.finish(native: native, counted: counted)
    return effort.added
  }

  private mutating func countChange(of position: Int) {
    guard accounts[position].current != accounts[position].initial else { return }
    let slot: ProvingWork.Kind = accounts[position].initial == .empty ? .insertion : .update
    effort.written[.changedAccount] += 1
    effort.written[slot] += 1
    if accounts[position].countedIn == 0 {
      accounts[position].countedIn = epoch
      effort.firstTime[.changedAccount] += 1
      effort.firstTime[slot] += 1
    }
    guard accounts[position].current.bytecodeHash != accounts[position].initial.bytecodeHash,
      !accounts[position].keepsCodePrivate
    else { return }
    let length = UInt64(accounts[position].current.storedCodeLength(version))
    effort.written[.publishedByte] += length
    if accounts[position].codeCountedIn == 0 {
      accounts[position].codeCountedIn = epoch
      effort.firstTime[.publishedByte] += length
    }
  }

  /// Forgets what `finishEffort` noted about the current transaction, which is not to be in the block.
  mutating func abandonEffort() {
    for index in 0..<cellUndo.count {
      let position = cellUndo[index].position
      if cells[position].countedIn == epoch { cells[position].countedIn = 0 }
    }
    for index in 0..<accountUndo.count {
      let position = accountUndo[index].position
      if accounts[position].countedIn == epoch { accounts[position].countedIn = 0 }
      if accounts[position].codeCountedIn == epoch { accounts[position].codeCountedIn = 0 }
    }
  }
}
