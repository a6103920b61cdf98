// The facts about every instruction under one rule set, in the form that the interpreter reads at each step.

/// What the interpreter must know about one instruction byte before it executes it.
@frozen public struct InstructionEntry: Sendable, Equatable {
  /// The instruction to carry out; an undefined byte stands for every byte that the rule set does not assign.
  public var handler: Opcode
  /// Stack items that must be present (they are not all consumed: DUP3 needs three).
  public var needs: UInt8
  /// Change of the stack's height.
  public var growth: Int8
  /// Gas charged before the operands are looked at.
  public var gas: UInt16
  /// Native charged together with ``gas``, the step's share included. 0 where native does not exist.
  public var native: UInt16
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
    get { entries[Int(opcode.rawValue)] }
    set { entries[Int(opcode.rawValue)] = newValue }
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

/// Where an instruction stands in the yellow paper: what it takes from the stack, what it leaves, since when it exists,
/// and its constant gas in the Cancun schedule.
struct InstructionFact {
  var opcode: Opcode
  var takes: Int
  var leaves: Int
  var gas: UInt16
  var since: Revision

  init(_ opcode: Opcode, _ takes: Int, _ leaves: Int, gas: UInt16, since: Revision = .frontier) {
    self.opcode = opcode
    self.takes = takes
    self.leaves = leaves
    self.gas = gas
    self.since = since
  }

  /// Every assigned instruction. Costs that depend on state or operands come on top; prices of state access are 0 here
  /// and belong to the host, see ``EthereumRules`` for their history.
  static let all: [InstructionFact] = {
    var facts: [InstructionFact] = [
      .init(.stop, 0, 0, gas: 0), .init(.add, 2, 1, gas: 3), .init(.mul, 2, 1, gas: 5), .init(.sub, 2, 1, gas: 3),
      .init(.div, 2, 1, gas: 5), .init(.sdiv, 2, 1, gas: 5), .init(.mod, 2, 1, gas: 5), .init(.smod, 2, 1, gas: 5),
      .init(.addmod, 3, 1, gas: 8), .init(.mulmod, 3, 1, gas: 8), .init(.exp, 2, 1, gas: 10),
      .init(.signextend, 2, 1, gas: 5),

      .init(.lt, 2, 1, gas: 3), .init(.gt, 2, 1, gas: 3), .init(.slt, 2, 1, gas: 3), .init(.sgt, 2, 1, gas: 3),
      .init(.eq, 2, 1, gas: 3), .init(.iszero, 1, 1, gas: 3), .init(.and, 2, 1, gas: 3), .init(.or, 2, 1, gas: 3),
      .init(.xor, 2, 1, gas: 3), .init(.not, 1, 1, gas: 3), .init(.byte, 2, 1, gas: 3),
      .init(.shl, 2, 1, gas: 3, since: .constantinople), .init(.shr, 2, 1, gas: 3, since: .constantinople),
      .init(.sar, 2, 1, gas: 3, since: .constantinople),

      .init(.keccak256, 2, 1, gas: 30),

      .init(.address, 0, 1, gas: 2), .init(.balance, 1, 1, gas: 0), .init(.origin, 0, 1, gas: 2),
      .init(.caller, 0, 1, gas: 2), .init(.callvalue, 0, 1, gas: 2), .init(.calldataload, 1, 1, gas: 3),
      .init(.calldatasize, 0, 1, gas: 2), .init(.calldatacopy, 3, 0, gas: 3), .init(.codesize, 0, 1, gas: 2),
      .init(.codecopy, 3, 0, gas: 3), .init(.gasprice, 0, 1, gas: 2), .init(.extcodesize, 1, 1, gas: 0),
      .init(.extcodecopy, 4, 0, gas: 0), .init(.returndatasize, 0, 1, gas: 2, since: .byzantium),
      .init(.returndatacopy, 3, 0, gas: 3, since: .byzantium),
      .init(.extcodehash, 1, 1, gas: 0, since: .constantinople),

      .init(.blockhash, 1, 1, gas: 20), .init(.coinbase, 0, 1, gas: 2), .init(.timestamp, 0, 1, gas: 2),
      .init(.number, 0, 1, gas: 2), .init(.prevrandao, 0, 1, gas: 2), .init(.gaslimit, 0, 1, gas: 2),
      .init(.chainid, 0, 1, gas: 2, since: .istanbul), .init(.selfbalance, 0, 1, gas: 5, since: .istanbul),
      .init(.basefee, 0, 1, gas: 2, since: .london), .init(.blobhash, 1, 1, gas: 3, since: .cancun),
      .init(.blobbasefee, 0, 1, gas: 2, since: .cancun),

      .init(.pop, 1, 0, gas: 2), .init(.mload, 1, 1, gas: 3), .init(.mstore, 2, 0, gas: 3),
      .init(.mstore8, 2, 0, gas: 3), .init(.sload, 1, 1, gas: 0), .init(.sstore, 2, 0, gas: 0),
      .init(.jump, 1, 0, gas: 8), .init(.jumpi, 2, 0, gas: 10), .init(.pc, 0, 1, gas: 2), .init(.msize, 0, 1, gas: 2),
      .init(.gas, 0, 1, gas: 2), .init(.jumpdest, 0, 0, gas: 1), .init(.tload, 1, 1, gas: 100, since: .cancun),
      .init(.tstore, 2, 0, gas: 100, since: .cancun), .init(.mcopy, 3, 0, gas: 3, since: .cancun),
      .init(.push0, 0, 1, gas: 2, since: .shanghai),

      .init(.create, 3, 1, gas: 32_000), .init(.call, 7, 1, gas: 0), .init(.callcode, 7, 1, gas: 0),
      .init(.return, 2, 0, gas: 0), .init(.delegatecall, 6, 1, gas: 0, since: .homestead),
      .init(.create2, 4, 1, gas: 32_000, since: .constantinople),
      .init(.staticcall, 6, 1, gas: 0, since: .byzantium), .init(.revert, 2, 0, gas: 0, since: .byzantium),
      .init(.invalid, 0, 0, gas: 0), .init(.selfdestruct, 1, 0, gas: 0),
    ]
    for n in 1...32 { facts.append(.init(Opcode(byte: UInt8(0x5f + n)), 0, 1, gas: 3)) }
    for n in 1...16 { facts.append(.init(Opcode(byte: UInt8(0x7f + n)), n, n + 1, gas: 3)) }
    for n in 1...16 { facts.append(.init(Opcode(byte: UInt8(0x8f + n)), n + 1, n + 1, gas: 3)) }
    for n in 0...4 { facts.append(.init(Opcode(byte: UInt8(0xa0 + n)), n + 2, 0, gas: UInt16(375 * (n + 1)))) }
    return facts
  }()

  /// The fact as a table entry.
  var entry: InstructionEntry {
    InstructionEntry(
      handler: opcode, needs: UInt8(takes), growth: Int8(leaves - takes), gas: gas, native: 0)
  }
}
