/// What one decoded instruction does. The decoder resolves everything that is known before the run, so that the executor's
/// switch has few cases and no tests: `lui` and `auipc` are constants, a write to `x0` goes to a register nobody reads,
/// a transfer that could only go wrong is an ``unusualTransfer``.
enum Operation: UInt8 {
  /// Not an instruction of this machine. Zero, so that untouched zero pages of the table decode to it.
  case illegal = 0

  /// rd := immediate (LUI, AUIPC).
  case constant
  /// rd := pc + 4; pc += immediate (JAL to an aligned place in the ROM that is not the jump itself).
  case jumpAndLink
  /// rd := pc + 4; pc := (rs1 + immediate) & ~1.
  case jumpAndLinkRegister
  /// A jump or branch to itself (the end of a program), to a misaligned address, or out of the ROM.
  case unusualTransfer

  case branchEqual, branchNotEqual, branchLess, branchGreaterOrEqual, branchLessUnsigned, branchGreaterOrEqualUnsigned

  case loadByte, loadHalf, loadWord, loadByteUnsigned, loadHalfUnsigned
  case storeByte, storeHalf, storeWord

  case addImmediate, setLessImmediate, setLessImmediateUnsigned, xorImmediate, orImmediate, andImmediate
  case shiftLeftImmediate, shiftRightImmediate, shiftRightArithmeticImmediate

  case add, subtract, shiftLeft, setLess, setLessUnsigned, xor, shiftRight, shiftRightArithmetic, or, and

  case multiply, multiplyHigh, multiplyHighSignedUnsigned, multiplyHighUnsigned
  case divide, divideUnsigned, remainder, remainderUnsigned

  /// rd := rs1 ∘ rs2 in the field of 2³¹ − 1 elements; operands are any words, results canonical.
  case fieldAdd, fieldSubtract, fieldMultiply

  /// rd := next word from the host.
  case readHost
  /// Host receives rs1.
  case writeHost
  /// Both: the word is read first; the host receives what rs1 held before.
  case exchangeHost
  /// One BLAKE2s round; rd := 0; rs1 must hold 0.
  case blake2sRound
  /// One operation on 256-bit integers; rd := 0; rs1 must hold 0.
  case bigInteger
  /// rd := 0 and nothing else (the cycle marker, and a host access that neither reads nor writes).
  case marker
  /// CSRRW of a register that this machine does not have; a guest aborts this way.
  case unknownCSR

  /// Whether only the recursion machine has it.
  var isFieldArithmetic: Bool {
    switch self {
    case .fieldAdd, .fieldSubtract, .fieldMultiply: true
    default: false
    }
  }
}

/// One instruction, ready to execute: eight bytes.
struct Instruction {
  var operation = Operation.illegal
  /// Destination; ``discard`` instead of 0, so that no write needs a test.
  var rd: UInt8 = Instruction.discard
  var rs1: UInt8 = 0
  var rs2: UInt8 = 0
  /// Sign-extended immediate; for transfers the distance in instructions; for CSRs the number.
  var immediate: Int32 = 0

  /// The register that takes the writes to `x0`.
  static let discard: UInt8 = 32
  /// Registers in a register file: 32, the discarded one, and padding to a cache line.
  static let registerFileSize = 48
}
