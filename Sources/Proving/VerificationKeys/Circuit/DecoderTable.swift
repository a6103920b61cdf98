import Airbender

/// The table by which a circuit decodes instructions: for every opcode with funct3 and funct7 a row of flags.
///
/// The flags, from the lowest bit: whether the instruction is unknown; its format, one of six; its family, one of those
/// that the machine has; its variants within the family. Families, and the variants of each, are in alphabetic order of the
/// names that they have in the source: zksync-airbender, `cs/src/machine/mod.rs` (`produce_decoder_table_stub`) and
/// `cs/src/machine/ops`.
package struct DecoderTable {
  private enum Format: Int { case register, immediate, store, branch, upper, jump }

  private enum Family: Int, CaseIterable {
    case add, auipc, binary, conditional, controlRegister, division, jump, lui, load, fieldArithmetic, multiplication
    case shift, subtract, store

    func exists(on machine: MachineKind) -> Bool {
      switch self {
      case .division, .multiplication: machine == .standard
      case .fieldArithmetic: machine == .recursion
      default: true
      }
    }
  }

  private struct Instruction {
    let format: Format
    let family: Family
    /// The variants that it is, by their place among those of the family.
    var variants: [Int] = []
  }

  private let flags: [UInt32]

  package init(_ machine: MachineKind) {
    let families = Family.allCases.filter { $0.exists(on: machine) }
    let familyOffset = 1 + 6, variantOffset = familyOffset + families.count
    flags = (UInt32(0)..<1 << 17).map { key in
      guard let instruction = Self.instruction(key & 0x7f, key >> 7 & 7, key >> 10, machine),
        let family = families.firstIndex(of: instruction.family)
      else { return 1 | 1 << UInt32(1 + Format.branch.rawValue) }
      return instruction.variants.reduce(
        into: 1 << UInt32(1 + instruction.format.rawValue) | 1 << UInt32(familyOffset + family)
      ) { $0 |= 1 << UInt32(variantOffset + $1) }
    }
  }

  /// The flags of an instruction: at most 23 bits, so that a second word has none.
  ///
  /// - Parameter key: opcode, funct3 and funct7, from the lowest bit.
  package subscript(key: UInt32) -> UInt32 { flags[Int(key)] }

  /// - Returns: `nil` for what the machine does not know.
  private static func instruction(
    _ opcode: UInt32, _ funct3: UInt32, _ funct7: UInt32, _ machine: MachineKind
  ) -> Instruction? {
    switch opcode {
    case 0x37: Instruction(format: .upper, family: .lui)
    case 0x17: Instruction(format: .upper, family: .auipc)
    case 0x6f: Instruction(format: .jump, family: .jump, variants: [0])
    case 0x67: funct3 == 0 ? Instruction(format: .immediate, family: .jump) : nil
    case 0x63: [2, 3].contains(funct3) ? nil : Instruction(format: .branch, family: .conditional)
    case 0x03: load(funct3, machine)
    case 0x23: store(funct3, machine)
    case 0x33, 0x13: arithmetic(funct3, funct7, isImmediate: opcode == 0x13, machine)
    case 0x73: system(funct3, funct7)
    default: nil
    }
  }

  private static func load(_ funct3: UInt32, _ machine: MachineKind) -> Instruction? {
    func load(_ variants: [Int]) -> Instruction { Instruction(format: .immediate, family: .load, variants: variants) }
    guard machine == .standard else { return funct3 == 2 ? load([]) : nil }
    switch funct3 {  // Variants: sign-extended, a half word, a word.
    case 0: return load([0])
    case 1: return load([0, 1])
    case 2: return load([2])
    case 4: return load([])
    case 5: return load([1])
    default: return nil
    }
  }

  private static func store(_ funct3: UInt32, _ machine: MachineKind) -> Instruction? {
    guard machine == .standard else { return funct3 == 2 ? Instruction(format: .store, family: .store) : nil }
    switch funct3 {  // Variants: a half word, a word.
    case 0: return Instruction(format: .store, family: .store)
    case 1: return Instruction(format: .store, family: .store, variants: [0])
    case 2: return Instruction(format: .store, family: .store, variants: [1])
    default: return nil
    }
  }

  private static func arithmetic(
    _ funct3: UInt32, _ funct7: UInt32, isImmediate: Bool, _ machine: MachineKind
  ) -> Instruction? {
    let format: Format = isImmediate ? .immediate : .register
    if !isImmediate, funct7 == 1, machine == .standard {
      return multiplication(funct3)
    }
    switch funct3 {
    case 0 where !isImmediate && funct7 == 0x20: return Instruction(format: format, family: .subtract)
    case 1 where funct7 == 0: return Instruction(format: format, family: .shift)
    case 5 where funct7 == 0: return Instruction(format: format, family: .shift, variants: [1])
    case 5 where funct7 == 0x20: return Instruction(format: format, family: .shift, variants: [0, 1])
    case 1, 5: return nil
    default: break
    }
    guard isImmediate || funct7 == 0 else { return nil }
    switch funct3 {
    case 0: return Instruction(format: format, family: .add)
    case 2, 3: return Instruction(format: format, family: .conditional)
    default: return Instruction(format: format, family: .binary)
    }
  }

  /// The last of each family is the one without a variant: MULHU and REMU.
  private static func multiplication(_ funct3: UInt32) -> Instruction {
    let family: Family = funct3 < 4 ? .multiplication : .division
    return Instruction(format: .register, family: family, variants: funct3 & 3 == 3 ? [] : [Int(funct3 & 3)])
  }

  /// CSRRW, and arithmetic of the field: variants add, multiply, subtract.
  private static func system(_ funct3: UInt32, _ funct7: UInt32) -> Instruction? {
    func field(_ variant: Int) -> Instruction {
      Instruction(format: .register, family: .fieldArithmetic, variants: [variant])
    }
    switch (funct3, funct7) {
    case (1, _): return Instruction(format: .immediate, family: .controlRegister, variants: [0])
    case (4, 0x41): return field(0)
    case (4, 0x43): return field(2)
    case (4, 0x45): return field(1)
    default: return nil
    }
  }
}
