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
  /// An immediate, or the address of a word (during translation its index).
  var i: UInt64
  /// For ends of blocks the address of an entry; for instructions that can fail that of the head of their block.
  var x: UInt64
}

extension BlockInstruction {
  /// The entry to which the end of a block leads.
  @inline(__always)
  var target: UnsafePointer<BlockEntry> { UnsafePointer(bitPattern: UInt(x)).unsafelyUnwrapped }
  /// The head of the block of an instruction that can fail.
  var head: UnsafePointer<BlockHead> { UnsafePointer(bitPattern: UInt(x)).unsafelyUnwrapped }
}
