/// Control and status registers of the machine. Source: zksync-airbender `risc_v_simulator/src/delegations`.
public enum CSR {
  /// Words from and to the host.
  public static let nonDeterminism: UInt16 = 0x7C0
  /// One round of BLAKE2s on memory.
  public static let blake2sRound: UInt16 = 0x7C7
  /// One operation on two 256-bit integers in memory.
  public static let bigInteger: UInt16 = 0x7CA
  /// Marks a cycle for profilers; without effect here.
  public static let marker: UInt16 = 0x7FF
  /// Guests read this register, which does not exist, to abort.
  public static let abort: UInt16 = 0xC00
}

/// RV32I with CSRRW and what a ``MachineKind`` adds, as the proving machines accept it.
/// Fences, environment calls and the set/clear forms of CSR instructions are not instructions here.
enum Decoder {
  /// Decodes the instruction `word` found at `pc`.
  static func decode(_ word: UInt32, at pc: UInt32, for machine: MachineKind) -> Instruction {
    let instruction = decode(word, at: pc)
    switch machine {
    case .standard: return instruction.operation.isFieldArithmetic ? Instruction() : instruction
    case .recursion: return onRecursionMachine(instruction)
    }
  }

  /// What the recursion machine makes of an instruction: it has none of those that are listed, and one delegation.
  private static func onRecursionMachine(_ instruction: Instruction) -> Instruction {
    switch instruction.operation {
    case .loadByte, .loadHalf, .loadByteUnsigned, .loadHalfUnsigned, .storeByte, .storeHalf,
      .multiply, .multiplyHigh, .multiplyHighSignedUnsigned, .multiplyHighUnsigned,
      .divide, .divideUnsigned, .remainder, .remainderUnsigned:
      return Instruction()
    case .bigInteger:
      var unknown = instruction
      unknown.operation = .unknownCSR
      return unknown
    default:
      return instruction
    }
  }

  private static func decode(_ word: UInt32, at pc: UInt32) -> Instruction {
    let fields = Fields(word)
    switch word & 0x7F {
    case 0x37: return constant(fields, UInt32(bitPattern: fields.upper))
    case 0x17: return constant(fields, pc &+ UInt32(bitPattern: fields.upper))
    case 0x6F: return transfer(.jumpAndLink, fields, fields.jumpDistance, from: pc)
    case 0x67: return fields.function3 == 0 ? fields.instruction(.jumpAndLinkRegister, fields.low) : Instruction()
    case 0x63: return branch(fields, from: pc)
    case 0x03: return load(fields)
    case 0x23: return store(fields)
    case 0x13: return immediateArithmetic(fields)
    case 0x33: return registerArithmetic(fields)
    case 0x73: return system(fields)
    default: return Instruction()
    }
  }

  private static func system(_ fields: Fields) -> Instruction {
    switch (fields.function3, fields.function7) {
    case (1, _): csr(fields)
    // May-be-operations for two registers (Zimop), which the circuits use for the field.
    case (4, 0x41): fields.instruction(.fieldAdd, 0)
    case (4, 0x43): fields.instruction(.fieldSubtract, 0)
    case (4, 0x45): fields.instruction(.fieldMultiply, 0)
    default: Instruction()
    }
  }

  private static func constant(_ fields: Fields, _ value: UInt32) -> Instruction {
    Instruction(operation: .constant, rd: fields.destination, immediate: Int32(bitPattern: value))
  }

  /// A transfer to a place known now: by far the most are plain, the others are decided when (and if) they are taken.
  private static func transfer(
    _ operation: Operation, _ fields: Fields, _ distance: Int32, from pc: UInt32
  ) -> Instruction {
    let target = pc &+ UInt32(bitPattern: distance)
    let isPlain = distance != 0 && target & 3 == 0 && target < AddressSpace.romSize
    return isPlain
      ? fields.instruction(operation, distance / 4) : fields.instruction(.unusualTransfer, distance)
  }

  private static func branch(_ fields: Fields, from pc: UInt32) -> Instruction {
    guard let condition = fields.branchCondition else { return Instruction() }
    return transfer(condition, fields, fields.branchDistance, from: pc)
  }

  private static func load(_ fields: Fields) -> Instruction {
    switch fields.function3 {
    case 0: fields.instruction(.loadByte, fields.low)
    case 1: fields.instruction(.loadHalf, fields.low)
    case 2: fields.instruction(.loadWord, fields.low)
    case 4: fields.instruction(.loadByteUnsigned, fields.low)
    case 5: fields.instruction(.loadHalfUnsigned, fields.low)
    default: Instruction()
    }
  }

  private static func store(_ fields: Fields) -> Instruction {
    switch fields.function3 {
    case 0: fields.instruction(.storeByte, fields.storeOffset)
    case 1: fields.instruction(.storeHalf, fields.storeOffset)
    case 2: fields.instruction(.storeWord, fields.storeOffset)
    default: Instruction()
    }
  }

  private static func immediateArithmetic(_ fields: Fields) -> Instruction {
    switch (fields.function3, fields.function7) {
    case (0, _): fields.instruction(.addImmediate, fields.low)
    case (1, 0): fields.instruction(.shiftLeftImmediate, fields.low & 31)
    case (2, _): fields.instruction(.setLessImmediate, fields.low)
    case (3, _): fields.instruction(.setLessImmediateUnsigned, fields.low)
    case (4, _): fields.instruction(.xorImmediate, fields.low)
    case (5, 0): fields.instruction(.shiftRightImmediate, fields.low & 31)
    case (5, 0x20): fields.instruction(.shiftRightArithmeticImmediate, fields.low & 31)
    case (6, _): fields.instruction(.orImmediate, fields.low)
    case (7, _): fields.instruction(.andImmediate, fields.low)
    default: Instruction()
    }
  }

  private static func registerArithmetic(_ fields: Fields) -> Instruction {
    let operation: Operation =
      switch (fields.function7, fields.function3) {
      case (0, 0): .add
      case (0x20, 0): .subtract
      case (0, 1): .shiftLeft
      case (0, 2): .setLess
      case (0, 3): .setLessUnsigned
      case (0, 4): .xor
      case (0, 5): .shiftRight
      case (0x20, 5): .shiftRightArithmetic
      case (0, 6): .or
      case (0, 7): .and
      case (1, 0): .multiply
      case (1, 1): .multiplyHigh
      case (1, 2): .multiplyHighSignedUnsigned
      case (1, 3): .multiplyHighUnsigned
      case (1, 4): .divide
      case (1, 5): .divideUnsigned
      case (1, 6): .remainder
      case (1, 7): .remainderUnsigned
      default: .illegal
      }
    return operation == .illegal ? Instruction() : fields.instruction(operation, 0)
  }

  private static func csr(_ fields: Fields) -> Instruction {
    let number = fields.low & 0xFFF
    switch UInt16(number) {
    case CSR.nonDeterminism:
      switch (fields.rd != 0, fields.rs1 != 0) {
      case (true, false): return fields.instruction(.readHost, number)
      case (false, true): return fields.instruction(.writeHost, number)
      case (true, true): return fields.instruction(.exchangeHost, number)
      case (false, false): return fields.instruction(.marker, number)
      }
    case CSR.blake2sRound: return fields.instruction(.blake2sRound, number)
    case CSR.bigInteger: return fields.instruction(.bigInteger, number)
    case CSR.marker: return fields.instruction(.marker, number)
    default: return fields.instruction(.unknownCSR, number)
    }
  }
}

/// The fields of an instruction word, in every format of RV32 (The RISC-V Instruction Set Manual, volume I, §2.2–2.3).
struct Fields {
  let word: UInt32

  init(_ word: UInt32) { self.word = word }

  var rd: UInt8 { UInt8(word >> 7 & 31) }
  var rs1: UInt8 { UInt8(word >> 15 & 31) }
  var rs2: UInt8 { UInt8(word >> 20 & 31) }
  var function3: UInt32 { word >> 12 & 7 }
  var function7: UInt32 { word >> 25 }
  /// Where the executor writes.
  var destination: UInt8 { rd == 0 ? Instruction.discard : rd }

  private var signed: Int32 { Int32(bitPattern: word) }

  /// I format: bits 31…20.
  var low: Int32 { signed >> 20 }
  /// S format.
  var storeOffset: Int32 { (signed >> 25) << 5 | Int32(rd) }
  /// B format, in bytes.
  var branchDistance: Int32 {
    (signed >> 31) << 12 | Int32(word >> 7 & 1) << 11 | Int32(word >> 25 & 0x3F) << 5 | Int32(word >> 8 & 15) << 1
  }
  /// U format: the upper 20 bits in place.
  var upper: Int32 { Int32(bitPattern: word & 0xFFFF_F000) }
  /// J format, in bytes.
  var jumpDistance: Int32 {
    (signed >> 31) << 20 | Int32(word >> 12 & 0xFF) << 12 | Int32(word >> 20 & 1) << 11 | Int32(word >> 21 & 0x3FF) << 1
  }

  var branchCondition: Operation? {
    switch function3 {
    case 0: .branchEqual
    case 1: .branchNotEqual
    case 4: .branchLess
    case 5: .branchGreaterOrEqual
    case 6: .branchLessUnsigned
    case 7: .branchGreaterOrEqualUnsigned
    default: nil
    }
  }

  func instruction(_ operation: Operation, _ immediate: Int32) -> Instruction {
    Instruction(operation: operation, rd: destination, rs1: rs1, rs2: rs2, immediate: immediate)
  }
}
