// From code to blocks: which blocks there are, and the walk through one of them.

import Primitives

/// Translates code, block by block.
///
/// A block begins at a JUMPDEST, at the beginning of the code, or after an instruction that ended another block. It ends
/// with a jump or before an instruction that needs the host or ends the frame, which the reference interpreter carries
/// out. Jumps with a known target do not end a block: the walk continues at the target, within limits.
///
/// Translation is deterministic, so that the state in the middle of a block can be found out again later by walking the
/// same way (``Recovery``); nothing has to be kept for it.
struct Translator {
  /// Limits of one block: instructions walked through, jumps followed.
  private static var longestBlock: Int { 1000 }
  private static var longestMergedBlock: Int { 160 }
  private static var mostJumps: Int { 12 }

  let code: UnsafePointer<UInt8>
  let count: Int
  let table: UnsafePointer<InstructionTable>
  let truncatesShifts: Bool
  private let jumpDestinations: UnsafePointer<UInt8>

  // The result.
  var instructions: GrowableBuffer<BlockInstruction>
  var entries: GrowableBuffer<BlockEntry>
  var words: GrowableBuffer<UInt256>
  /// The index of the entry at each offset of the code and just after it, 0 for none.
  let entryIndices: UnsafeMutablePointer<UInt16>
  private var hasTooManyBlocks = false

  // The block under translation.
  var stack = SymbolicStack()
  var constants: GrowableBuffer<UInt256>
  /// Constants that lie in a temporary slot: index in `constants`, slot.
  var loaded: GrowableBuffer<(constant: Int32, slot: Int32)>
  /// Indices of GAS instructions in the block; their immediates become what the rest of the block costs.
  var gasReaders: GrowableBuffer<Int>
  /// The index of its entry.
  private(set) var current = 0
  /// Where the body begins in `instructions`.
  private(set) var bodyStart = 0
  private(set) var gas = 0
  private(set) var native = 0
  private var need = 0
  private var growth = 0
  private(set) var steps = 0
  /// Where the walk stands in the code.
  private(set) var offset = 0
  /// The step that each instruction of the body came from; kept while recovering only.
  private(set) var origins: GrowableBuffer<Int>
  private let isRecovering: Bool

  init(
    _ code: Code, table: UnsafePointer<InstructionTable>, truncatesShifts: Bool, isRecovering: Bool = false
  ) {
    self.code = UnsafePointer(code.base)
    count = code.count
    jumpDestinations = UnsafePointer(code.jumpDestinations)
    self.table = table
    self.truncatesShifts = truncatesShifts
    self.isRecovering = isRecovering
    instructions = GrowableBuffer(capacity: isRecovering ? 64 : max(64, code.count / 2))
    entries = GrowableBuffer(capacity: isRecovering ? 2 : max(8, code.count / 16))
    words = GrowableBuffer(capacity: 16)
    constants = GrowableBuffer(capacity: 64)
    loaded = GrowableBuffer(capacity: 8)
    gasReaders = GrowableBuffer(capacity: 8)
    origins = GrowableBuffer(capacity: 64)
    entryIndices = .allocate(capacity: isRecovering ? 1 : code.count + Code.padding)
  }

  func deallocate() {
    instructions.deallocate()
    entries.deallocate()
    words.deallocate()
    constants.deallocate()
    loaded.deallocate()
    gasReaders.deallocate()
    origins.deallocate()
    entryIndices.deallocate()
    stack.deallocate()
  }

  // MARK: All blocks

  /// Translates everything; false if there are too many blocks.
  mutating func translate() -> Bool {
    entryIndices.initialize(repeating: 0, count: count + Code.padding)
    makeInvalidEntry()
    entries.append(BlockEntry(offset: 0, isDestination: isDestination(0)))
    entryIndices[0] = 1
    for offset in 1..<max(count, 1) where isDestination(offset) {
      if entries.count > Int(UInt16.max) { return false }
      entryIndices[offset] = UInt16(entries.count)
      entries.append(BlockEntry(offset: offset, isDestination: true))
    }
    // From the back, so that each JUMPDEST of a run finds the block of the next one translated.
    var index = entries.count - 1
    while index > 0 {
      var pending = index
      while pending != 0 && entries[pending].body < 0 && (pending == index || !entries[pending].isDestination) {
        pending = translateBlock(pending)
      }
      index -= 1
    }
    return !hasTooManyBlocks && instructions.count < 1 << 28
  }

  /// The entry to which jumps to nowhere lead.
  private mutating func makeInvalidEntry() {
    var entry = BlockEntry(offset: 0, isDestination: false)
    entry.body = instructions.count
    entry.room = .max
    entries.append(entry)
    instructions.append(BlockInstruction(operation: .invalidJump, d: 0, a: 0, b: 0, i: 0, x: 0))
  }

  /// Translates the block of an entry and returns the entry where it goes on if it does not jump, 0 for none.
  private mutating func translateBlock(_ index: Int) -> Int {
    var entry = entries[index]
    let offset = Int(entry.offset)
    if entry.isDestination && isDestination(offset + 1) {
      // The same body as that of the JUMPDEST after it, and one JUMPDEST more to pay for.
      let next = entries[Int(entryIndices[offset + 1])]
      let cost = table.pointee.entries[unchecked: Int(Opcode.jumpdest.rawValue)]
      entry = next
      entry.gas &+= UInt32(cost.gas)
      entry.native &+= UInt32(cost.native)
      entry.offset = UInt32(offset)
      entries[index] = entry
      return 0
    }
    entry.isMerging = instructions.count < 2 * count + 64
    current = index
    let next = walk(from: offset, isMerging: entry.isMerging)
    entry.body = bodyStart
    entry.gas = UInt32(gas)
    entry.native = UInt32(native)
    entry.need = UInt16(need &* 32)
    entry.room = UInt16((1024 &- growth &- need) &* 32)
    entries[index] = entry
    return next
  }

  /// Whether a jump may go to an offset.
  @inline(__always)
  func isDestination(_ offset: Int) -> Bool {
    offset < count && jumpDestinations[offset &>> 3] &>> UInt8(truncatingIfNeeded: offset & 7) & 1 != 0
  }

  /// Whether a jump may go to a word.
  func isDestination(_ target: UInt256) -> Bool {
    target < UInt256(UInt64(count)) && isDestination(Int(target.l0))
  }

  /// The index of the entry to which a jump leads.
  func destination(_ target: UInt256) -> Int {
    isRecovering || !isDestination(target) ? 0 : Int(entryIndices[Int(target.l0)])
  }

  /// The index of the entry where execution goes on at `offset` without a jump, made if need be.
  mutating func continuation(at offset: Int) -> Int {
    if isRecovering { return 0 }
    if entryIndices[offset] != 0 { return Int(entryIndices[offset]) }
    if entries.count > Int(UInt16.max) {
      hasTooManyBlocks = true
      return 0
    }
    entryIndices[offset] = UInt16(entries.count)
    entries.append(BlockEntry(offset: offset, isDestination: false))
    return entries.count - 1
  }

  // MARK: One block

  /// Walks through the block at `start`, at most `limit` instructions. Returns the entry where it goes on.
  @discardableResult
  mutating func walk(from start: Int, isMerging: Bool, limit: Int = .max) -> Int {
    stack.reset()
    constants.truncate(to: 0)
    loaded.truncate(to: 0)
    gasReaders.truncate(to: 0)
    bodyStart = instructions.count
    (gas, native, need, growth, steps) = (0, 0, 0, 0, 0)
    var jumps = 0
    offset = start
    while steps < limit {
      let fact = table.pointee.entries[unchecked: Int(code[offset])]
      let height = stack.height
      if isTooLong(fact, height) { return endProceeding(at: offset) }
      if fact.handler == .jumpdest && steps > 0 {
        jumps &+= 1
        if !isMerging || jumps > Self.mostJumps || steps > Self.longestMergedBlock {
          return endProceeding(at: offset)
        }
      }
      switch BlockRole(fact.handler) {
      case .leaves: return endLeaving(at: offset, goesOn: true)
      case .ends: return endLeaving(at: offset, goesOn: false)
      case .plain: break
      }
      gas &+= Int(fact.gas)
      native &+= Int(fact.native)
      need = max(need, Int(fact.needs) &- height)
      growth = max(growth, height &+ Int(fact.growth))
      stack.require(Int(fact.needs))
      let opcode = fact.handler
      steps &+= 1
      offset &+= 1
      switch opcode {
      case .jump:
        let target = stack.pop()
        guard target.isConstant else { return endJumping(target) }
        let word = constants[target.constant]
        if !isMerging || jumps >= Self.mostJumps || steps >= Self.longestMergedBlock || !isDestination(word) {
          return endJumping(to: word)
        }
        offset = Int(word.l0)
      case .jumpi:
        let target = stack.pop()
        return endBranching(target, on: stack.pop())
      default:
        translate(opcode)
        offset &+= opcode.immediateCount
      }
      if isRecovering { while origins.count < instructions.count &- bodyStart { origins.append(steps) } }
    }
    return 0
  }

  /// Whether an instruction must be left to another block, for the limits of this one.
  @inline(__always)
  private func isTooLong(_ fact: InstructionEntry, _ height: Int) -> Bool {
    steps >= Self.longestBlock || !stack.hasTemporaries || Int(fact.needs) &- height > SymbolicStack.depth &- 16
      || height > SymbolicStack.reach &- 4
  }

  @inline(__always)
  mutating func emit(
    _ operation: BlockOperation, d: Int = 0, a: Int = 0, b: Int = 0, i: UInt64 = 0, x: UInt64 = 0
  ) {
    instructions.append(
      BlockInstruction(
        operation: operation, d: Int16(truncatingIfNeeded: d &* 32), a: Int16(truncatingIfNeeded: a &* 32),
        b: Int16(truncatingIfNeeded: b &* 32), i: i, x: x))
  }
}

/// What an instruction is to the division into blocks.
enum BlockRole {
  case plain
  /// The reference interpreter carries it out, and the code after it is another block.
  case leaves
  /// The same, but nothing comes after it.
  case ends

  @inline(__always)
  init(_ opcode: Opcode) {
    switch opcode {
    case .balance, .extcodesize, .extcodecopy, .extcodehash, .blockhash, .selfbalance, .sload, .sstore, .tload, .tstore,
      .log0, .log1, .log2, .log3, .log4, .create, .create2, .call, .callcode, .delegatecall, .staticcall:
      self = .leaves
    case .stop, .return, .revert, .invalid, .selfdestruct, .undefined0C: self = .ends
    default: self = .plain
    }
  }
}
