// What every instruction byte means and costs under one rule set, in the form that interpreters read.

/// What an instruction byte means and costs under one rule set.
@frozen public struct InstructionEntry: Sendable, Equatable {
  /// The instruction to carry out; an undefined byte stands for every byte that the rule set does not assign.
  public var handler: Opcode
  /// Stack items that must be present (they are not all consumed: DUP3 needs three).
  public var needs: UInt8
  /// Change of the stack's height.
  public var growth: Int8
  /// Gas charged before the operands are looked at.
  public var gas: Int64
  /// Native charged together with ``gas``, the step's share included. 0 where native does not exist.
  public var native: UInt64
}

/// The rules of one revision as data: entries per instruction and the few numbers that depend on operands.
///
/// Tables are built once and never freed; frames hold a pointer.
@frozen public struct InstructionTable: Sendable {
  /// Indexed by the instruction byte.
  public var entries: InlineArray<256, InstructionEntry>
  /// Gas per significant byte of EXP's exponent: 10, or 50 since EIP-160.
  public var exponentByteGas: Int64
  /// Gas per 32 bytes of init code (EIP-3860), 0 before Shanghai.
  public var initCodeWordGas: Int64
  /// Longest init code of CREATE and CREATE2 (EIP-3860).
  public var initCodeLimit: Int
  /// Whether SSTORE halts where no more than the call stipend of 2,300 gas is left (EIP-2200).
  public var storesNeedStipend: Bool
  /// The largest length or offset that the copy instructions and KECCAK256 accept as a machine word. It is only
  /// observable under ZKsync OS rules, where the RISC-V program has 32-bit words and the sequencer 64-bit ones.
  public var wordLimit: UInt64

  /// The entry of an instruction.
  public subscript(opcode: Opcode) -> InstructionEntry {
    @inline(__always) get { entries[unchecked: Int(opcode.byte)] }
    set { entries[Int(opcode.byte)] = newValue }
  }

  /// A table in which nothing is assigned.
  init() {
    entries = .init(
      repeating: InstructionEntry(handler: .undefined0C, needs: 0, growth: 0, gas: 0, native: 0))
    exponentByteGas = 50
    initCodeWordGas = 2
    initCodeLimit = 49_152
    storesNeedStipend = true
    wordLimit = .max
  }

  /// Moves the table to memory that lives for ever.
  func immortal() -> UnsafePointer<InstructionTable> {
    let pointer = UnsafeMutablePointer<InstructionTable>.allocate(capacity: 1)
    pointer.initialize(to: self)
    return UnsafePointer(pointer)
  }
}
