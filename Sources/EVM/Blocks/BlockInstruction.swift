// The form into which basic blocks are translated: instructions over stack slots instead of a stack.

import Primitives

/// What a block instruction does. `d`, `a`, `b` name stack slots; `i` is the immediate.
///
/// The cases follow the families of the EVM's instructions. Nothing here pushes or pops: the translator has found out
/// where every operand lies.
enum BlockOperation: UInt8 {
  // d ← a ∘ b
  case add, sub, mul, div, sdiv, mod, smod, signExtend
  case lessThan, signedLessThan, equal
  case and, or, xor, byte
  // Here a is the value and b the number of places.
  case shiftLeft, shiftRight, shiftRightArithmetic
  // d ← (a ∘ b) mod c, where the low half of i names c
  case addMod, mulMod
  // d ← ∘ a
  case isZero, not

  // d ← a ∘ i
  case addImmediate, subImmediate, mulImmediate, divImmediate, modImmediate
  case lessThanImmediate, greaterThanImmediate, equalImmediate
  case andImmediate, orImmediate, xorImmediate
  case shiftLeftImmediate, shiftRightImmediate, shiftRightArithmeticImmediate
  case byteImmediate, signExtendImmediate
  // d ← a ∘ the word to which i points
  case addWide, andWide

  // d ← i, d ← the word to which i points, d ← a, d ↔ a
  case constant, wideConstant, move, exchange

  // d ← memory[a], memory[a] ← b; and with the offset in i
  case load, store, storeByte
  case loadImmediate, storeImmediate
  // d ← calldata[a], calldata[i]
  case calldataLoad, calldataLoadImmediate

  // d ← a property of the frame; gas: i is what is charged already for the rest of the block
  case address, caller, callValue, calldataSize, returnDataSize, memorySize, gas

  /// Any other instruction that needs no host: the reference interpreter's body of it, on the operands a, b, c.
  case reference

  // Ends of blocks. d: change of the stack pointer in bytes. x points to an entry.
  /// Goes on at x.
  case proceed
  /// Jumps to the offset in a.
  case jump
  /// Jumps to the offset in b if a is not zero, else goes on at the next instruction's x.
  case jumpIf
  // Goes on at x if the relation holds, else at the next instruction's x.
  case branch, branchEqual, branchLess, branchSignedLess
  case branchEqualImmediate, branchLessImmediate, branchGreaterImmediate
  /// Lets the reference interpreter carry out the instruction at code offset i; then on at x, if anywhere.
  case leave
  /// Halts: a jump to where none may go.
  case invalidJump
}

extension BlockOperation {
  /// Whether a comparison has a slot as its second operand.
  var hasSecondOperand: Bool {
    switch self {
    case .equal, .lessThan, .signedLessThan, .sub, .xor: true
    default: false
    }
  }
}

/// One instruction of a translated block: 24 bytes.
struct BlockInstruction: BitwiseCopyable {
  var operation: BlockOperation
  // Slots as byte offsets from the stack pointer at the entry of the block.
  var d: Int16
  var a: Int16
  var b: Int16
  /// An immediate, or the address of a word.
  var i: UInt64
  /// For ends of blocks the address of an entry (during translation its index); for instructions that can fail the
  /// code offset at which the translation of the body begins.
  var x: UInt64
}

/// The entry of a block: what the whole block costs and needs, checked once.
///
/// When one of the checks fails nothing has happened yet and the block cannot end well, so the reference interpreter
/// takes over at ``offset`` and finds out how it ends.
@usableFromInline
struct BlockEntry: BitwiseCopyable {
  /// The first instruction (during translation its index, or −1).
  var body: Int
  /// Constant gas of all instructions of the block.
  var gas: UInt32
  /// Constant native of all instructions of the block.
  var native: UInt32
  /// Bytes of stack that the block needs.
  var need: UInt16
  /// Bytes by which the stack may be higher than ``need`` without overflowing in the block.
  var room: UInt16
  /// Where the block begins in the code.
  var offset: UInt32
  /// Whether a jump may go here.
  var isDestination: Bool
  /// Whether the body continues across jumps with a known target.
  var isMerging: Bool

  /// The entry of a block not translated yet.
  init(offset: Int, isDestination: Bool) {
    body = -1
    gas = 0
    native = 0
    need = 0
    room = 0
    self.offset = UInt32(truncatingIfNeeded: offset)
    self.isDestination = isDestination
    isMerging = false
  }

  var first: UnsafePointer<BlockInstruction> {
    UnsafePointer(bitPattern: body).unsafelyUnwrapped
  }
}
