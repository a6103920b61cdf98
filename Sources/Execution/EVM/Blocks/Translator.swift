// From code to a block: the walk through it.

import Primitives
import Synchronization

/// Translates one block after the other; a workspace that a machine keeps.
///
/// A block begins at a JUMPDEST, at the beginning of the code, or after an instruction that ended another block. It ends
/// with a jump or before an instruction that needs the host or ends the frame, which the reference interpreter carries
/// out. Jumps with a known target do not end a block: the walk continues at the target, within limits.
///
/// Translation is deterministic, so that the state in the middle of a block can be found out again later by walking the
/// same way (``Recovery``); nothing has to be kept for it.
@usableFromInline
struct Translator {
  /// Limits of one block: instructions walked through, jumps followed.
  private static var longestBlock: Int { 1000 }
  private static var longestMergedBlock: Int { 160 }
  private static var mostJumps: Int { 12 }

  // What is translated. The code outlives its translation, and the work on it.
  private(set) var code: UnsafePointer<UInt8>
  private(set) var count = 0
  private(set) var table: UnsafePointer<InstructionTable>
  /// Whether SHL and SHR look at the low 32 bits of their count only.
  let truncatesShifts: Bool
  private var destinations: UnsafePointer<Atomic<UInt8>>
  /// Where entries are; `nil` while recovering, which follows no end.
  private var translation: Unmanaged<Translation>?

  // The result.
  var instructions: GrowableBuffer<BlockInstruction>
  var words: GrowableBuffer<UInt256>
  /// Whether an entry that the block needs could not be made.
  private(set) var hasFailed = false

  // The block under translation.
  var stack = SymbolicStack()
  var constants: GrowableBuffer<UInt256>
  /// Constants that lie in a temporary slot: index in `constants`, slot.
  var loaded: GrowableBuffer<(constant: Int32, slot: Int32)>
  /// Indices of GAS instructions in the block; their immediates become what the rest of the block costs.
  var gasReaders: GrowableBuffer<Int>
  private(set) var gas = 0
  private(set) var native = 0
  private var need = 0
  private var growth = 0
  private(set) var steps = 0
  /// Where the walk stands in the code.
  private(set) var offset = 0
  /// The step that each instruction came from; kept while recovering only.
  private(set) var origins: GrowableBuffer<Int>

  init(truncatesShifts: Bool) {
    self.truncatesShifts = truncatesShifts
    let empty = Code.empty
    code = UnsafePointer(empty.base)
    destinations = UnsafePointer(empty.destinations)
    table = EthereumRules(.cancun).table
    instructions = GrowableBuffer(capacity: 256)
    words = GrowableBuffer(capacity: 16)
    constants = GrowableBuffer(capacity: 64)
    loaded = GrowableBuffer(capacity: 8)
    gasReaders = GrowableBuffer(capacity: 8)
    origins = GrowableBuffer(capacity: 8)
  }

  func deallocate() {
    instructions.deallocate()
    words.deallocate()
    constants.deallocate()
    loaded.deallocate()
    gasReaders.deallocate()
    origins.deallocate()
    stack.deallocate()
  }

  /// Turns to a code. Its entries are in `translation`; without it the walk recovers what was translated before.
  mutating func begin(_ code: Code, _ table: UnsafePointer<InstructionTable>, in translation: Translation?) {
    self.code = UnsafePointer(code.base)
    count = code.count
    destinations = UnsafePointer(code.destinations)
    self.table = table
    self.translation = translation.map(Unmanaged.passUnretained)
  }

  /// What the block costs and needs.
  func head(offset: UInt32, isMerging: Bool) -> BlockHead {
    BlockHead(
      gas: UInt32(gas), native: UInt32(native), need: UInt16(need &* 32),
      room: UInt16((1024 &- growth &- need) &* 32), offset: offset, isMerging: isMerging)
  }

  // MARK: Entries

  /// Whether a jump may go to a word.
  private func isDestination(_ target: UInt256) -> Bool {
    target < UInt256(UInt64(count)) && destinations[Int(target.l0)].load(ordering: .relaxed) != 0
  }

  /// The address of the entry to which a jump leads. A block that follows for certain is as hot as this one.
  mutating func destination(_ target: UInt256, isCertain: Bool) -> UInt64 {
    if !isDestination(target) { return UInt64(UInt(bitPattern: Translation.nowhere)) }
    return continuation(at: Int(target.l0), isCertain: isCertain)
  }

  /// The address of the entry where execution goes on at `offset`.
  mutating func continuation(at offset: Int, isCertain: Bool) -> UInt64 {
    guard let translation = translation?.takeUnretainedValue() else { return 0 }
    guard let entry = translation.entry(at: offset, heat: isCertain ? Heat.hot : Heat.hot + 1) else {
      hasFailed = true
      return 0
    }
    if isCertain {
      if entry.pointee.isDestination {
        destinations[offset].store(Heat.hot, ordering: .relaxed)
      } else {
        entry.pointee.heat.store(Heat.hot, ordering: .relaxed)
      }
    }
    return UInt64(UInt(bitPattern: entry))
  }

  // MARK: One block

  /// Walks through the block at `start`, at most `limit` instructions.
  mutating func walk(from start: Int, isMerging: Bool, limit: Int = .max) {
    let isRecovering = translation == nil
    hasFailed = false
    stack.reset()
    instructions.truncate(to: 0)
    words.truncate(to: 0)
    origins.truncate(to: 0)
    constants.truncate(to: 0)
    loaded.truncate(to: 0)
    gasReaders.truncate(to: 0)
    (gas, native, need, growth, steps) = (0, 0, 0, 0, 0)
    var jumps = 0
    var isInRun = false
    offset = start
    while steps < limit {
      let fact = table.pointee.entries[unchecked: Int(code[offset])]
      let height = stack.height
      if isTooLong(fact, height) { return endProceeding(at: offset) }
      if fact.handler == .jumpdest {
        // A run of them is one block from wherever it is entered.
        if steps > 0 && !isInRun {
          jumps &+= 1
          if !isMerging || jumps > Self.mostJumps || steps > Self.longestMergedBlock {
            return endProceeding(at: offset)
          }
        }
        isInRun = true
      } else {
        isInRun = false
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
      if isRecovering { while origins.count < instructions.count { origins.append(steps) } }
    }
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
