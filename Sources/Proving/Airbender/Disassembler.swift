/// Instruction words as text, for traces and for people who debug a guest.
public enum Disassembler {
  /// The names of x0 … x31 in the calling convention.
  public static let registerNames = [
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5",
    "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
  ]

  /// The instruction at `pc`, in the assembler's notation; `.word …` for what the machine does not execute. The field
  /// operations, for which assemblers have no name, are called `fadd31`, `fsub31` and `fmul31`.
  public static func text(_ word: UInt32, at pc: UInt32, for machine: MachineKind = .standard) -> String {
    let fields = Fields(word)
    let instruction = Decoder.decode(word, at: pc, for: machine)
    let rd = registerNames[Int(fields.rd)], rs1 = registerNames[Int(fields.rs1)]
    let rs2 = registerNames[Int(fields.rs2)]
    let number = instruction.immediate
    switch instruction.operation {
    case .illegal: return ".word \(hexadecimal(word))"
    case .constant:
      let upper = hexadecimal(word >> 12, digits: 1)
      return word & 0x7F == 0x37 ? "lui \(rd), \(upper)" : "auipc \(rd), \(upper)"
    case .jumpAndLink: return jump(rd, pc, fields)
    case .jumpAndLinkRegister: return "jalr \(rd), \(number)(\(rs1))"
    case .unusualTransfer:
      return word & 0x7F == 0x6F ? jump(rd, pc, fields) : branch(fields.branchCondition, rs1, rs2, pc, fields)
    case .branchEqual, .branchNotEqual, .branchLess, .branchGreaterOrEqual, .branchLessUnsigned,
      .branchGreaterOrEqualUnsigned:
      return branch(instruction.operation, rs1, rs2, pc, fields)
    case .loadByte, .loadHalf, .loadWord, .loadByteUnsigned, .loadHalfUnsigned:
      return "\(name(instruction.operation)) \(rd), \(number)(\(rs1))"
    case .storeByte, .storeHalf, .storeWord:
      return "\(name(instruction.operation)) \(rs2), \(number)(\(rs1))"
    case .addImmediate, .setLessImmediate, .setLessImmediateUnsigned, .xorImmediate, .orImmediate, .andImmediate,
      .shiftLeftImmediate, .shiftRightImmediate, .shiftRightArithmeticImmediate:
      return "\(name(instruction.operation)) \(rd), \(rs1), \(number)"
    case .readHost, .writeHost, .exchangeHost, .blake2sRound, .bigInteger, .marker, .unknownCSR:
      return "csrrw \(rd), \(hexadecimal(UInt32(number), digits: 3)), \(rs1)"
    default:
      return "\(name(instruction.operation)) \(rd), \(rs1), \(rs2)"
    }
  }

  private static func jump(_ rd: String, _ pc: UInt32, _ fields: Fields) -> String {
    "jal \(rd), \(hexadecimal(pc &+ UInt32(bitPattern: fields.jumpDistance), digits: 1))"
  }

  private static func branch(
    _ condition: Operation?, _ rs1: String, _ rs2: String, _ pc: UInt32, _ fields: Fields
  ) -> String {
    let target = hexadecimal(pc &+ UInt32(bitPattern: fields.branchDistance), digits: 1)
    return "\(condition.map(name) ?? "branch") \(rs1), \(rs2), \(target)"
  }

  private static func name(_ operation: Operation) -> String {
    switch operation {
    case .branchEqual: "beq"
    case .branchNotEqual: "bne"
    case .branchLess: "blt"
    case .branchGreaterOrEqual: "bge"
    case .branchLessUnsigned: "bltu"
    case .branchGreaterOrEqualUnsigned: "bgeu"
    case .loadByte: "lb"
    case .loadHalf: "lh"
    case .loadWord: "lw"
    case .loadByteUnsigned: "lbu"
    case .loadHalfUnsigned: "lhu"
    case .storeByte: "sb"
    case .storeHalf: "sh"
    case .storeWord: "sw"
    case .addImmediate: "addi"
    case .setLessImmediate: "slti"
    case .setLessImmediateUnsigned: "sltiu"
    case .xorImmediate: "xori"
    case .orImmediate: "ori"
    case .andImmediate: "andi"
    case .shiftLeftImmediate: "slli"
    case .shiftRightImmediate: "srli"
    case .shiftRightArithmeticImmediate: "srai"
    case .add: "add"
    case .subtract: "sub"
    case .shiftLeft: "sll"
    case .setLess: "slt"
    case .setLessUnsigned: "sltu"
    case .xor: "xor"
    case .shiftRight: "srl"
    case .shiftRightArithmetic: "sra"
    case .or: "or"
    case .and: "and"
    case .multiply: "mul"
    case .multiplyHigh: "mulh"
    case .multiplyHighSignedUnsigned: "mulhsu"
    case .multiplyHighUnsigned: "mulhu"
    case .divide: "div"
    case .divideUnsigned: "divu"
    case .remainder: "rem"
    case .remainderUnsigned: "remu"
    case .fieldAdd: "fadd31"
    case .fieldSubtract: "fsub31"
    case .fieldMultiply: "fmul31"
    default: "unknown"
    }
  }
}
