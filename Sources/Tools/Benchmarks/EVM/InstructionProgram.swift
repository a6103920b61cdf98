import EVM
import Primitives

/// A program that holds one instruction many times in a straight line, so that what it executes more than the same
/// program with fewer of them is that instruction and nothing else.
///
/// The stack is filled first, from calldata, with operands in the order in which the instruction takes them; the
/// block interpreter's translator knows nothing of such values and can fold nothing. Then comes the unit, again and again.
public struct InstructionProgram: Sendable {
  /// What the operands are.
  enum Operand: UInt64, Sendable {
    /// 256 bits without a pattern.
    case wide = 0
    /// Another 256 bits.
    case otherWide = 32
    /// A number of 192 bits.
    case medium = 64
    /// 64: a length, an offset, a divisor that is one limb.
    case sixtyFour = 96
    /// 13: a number of places.
    case thirteen = 128
    /// 0.
    case zero = 160

    var value: UInt256 {
      switch self {
      case .wide: 0xfedc_ba98_7654_3210_0f1e_2d3c_4b5a_6978_8796_a5b4_c3d2_e1f0_fedc_ba98_7654_3211
      case .otherWide: 0xe032_5476_98ba_dcfe_efcd_ab89_6745_2301_f0e1_d2c3_b4a5_9687_7869_5a4b_3c2d_1e0f
      case .medium: 0x9687_7869_5a4b_3c2d_1e0f_0123_4567_89ab_cdef_fedc_ba98_7654
      case .sixtyFour: 64
      case .thirteen: 13
      case .zero: 0
      }
    }
  }

  /// What a unit is, in the words of the report.
  public let name: String
  /// The instruction that is measured, for the executions of a workload to be weighed by; `nil` where the unit is a
  /// pattern of several.
  public let opcode: Opcode?
  /// Units whose cost, in the reference interpreter, is part of this unit's and none of its instruction's.
  public let minus: [String]
  /// The top of the stack first.
  let operands: [Operand]
  /// Executions after which every block is translated that is going to be.
  var executionsBefore = 2
  /// The unit that begins at a code offset.
  let unit: @Sendable (Int) -> [UInt8]

  /// Calldata of every program.
  static let input: [UInt8] = [Operand.wide, .otherWide, .medium, .sixtyFour, .thirteen, .zero].flatMap(\.value.bytes)

  /// The code with `count` units.
  func code(_ count: Int) -> [UInt8] {
    var assembly = Assembly()
    // Memory that needs not grow any more.
    assembly.push(0)
    assembly.push(0x3e0)
    assembly.emit(.mstore)
    let items = operands.isEmpty ? [.wide] : operands
    // Whole sets of operands, as many as leave room to grow by 200.
    for _ in 0..<(800 / items.count) {
      for operand in items.reversed() {
        assembly.push(UInt256(operand.rawValue))
        assembly.emit(.calldataload)
      }
    }
    var code = assembly.code
    for _ in 0..<count { code += unit(code.count) }
    return code + [Opcode.stop.rawValue]
  }
}

extension InstructionProgram {
  /// An instruction that takes operands and leaves a result, which is dropped.
  private static func function(_ opcode: Opcode, _ operands: Operand..., label: String = "") -> Self {
    Self(
      name: "\(opcode)".uppercased() + label, opcode: label.isEmpty ? opcode : nil, minus: ["POP"], operands: operands
    ) { _ in [opcode.rawValue, Opcode.pop.rawValue] }
  }

  /// An instruction that leaves no result, or whose result may lie on the stack.
  private static func plain(_ opcode: Opcode, _ operands: Operand...) -> Self {
    Self(name: "\(opcode)".uppercased(), opcode: opcode, minus: [], operands: operands) { _ in
      [opcode.rawValue] + [UInt8](repeating: 0x5a, count: opcode.immediateCount)
    }
  }

  /// Several instructions as they are.
  private static func pattern(
    _ name: String, _ operands: Operand..., opcode: Opcode? = nil, minus: [String] = [], executionsBefore: Int = 2,
    unit: @escaping @Sendable (Int) -> [UInt8]
  ) -> Self {
    Self(
      name: name, opcode: opcode, minus: minus, operands: operands, executionsBefore: executionsBefore, unit: unit)
  }

  private static func bytes(_ opcodes: Opcode...) -> [UInt8] { opcodes.map(\.rawValue) }

  /// PUSH2 of the offset that lies `distance` after the beginning of the unit.
  private static func target(_ offset: Int, _ distance: Int) -> [UInt8] {
    let target = offset + distance
    return [Opcode.push2.rawValue, UInt8(truncatingIfNeeded: target >> 8), UInt8(truncatingIfNeeded: target)]
  }

  /// Every program, those that others subtract first.
  public static let all: [InstructionProgram] = plainOnes + functions + patterns

  private static let plainOnes: [InstructionProgram] =
    [
      .pop, .jumpdest, .push0, .push1, .push2, .push3, .push4, .push8, .push20, .push32, .dup1, .dup2, .dup5, .dup16,
      .swap1, .swap2, .swap5, .swap16, .address, .caller, .callvalue, .calldatasize, .codesize, .returndatasize,
      .msize, .gas, .pc,
    ].map { plain($0) } + [
      plain(.mstore, .sixtyFour, .wide), plain(.mstore8, .sixtyFour, .wide),
      plain(.calldatacopy, .sixtyFour, .sixtyFour, .sixtyFour), plain(.codecopy, .sixtyFour, .sixtyFour, .sixtyFour),
      plain(.mcopy, .sixtyFour, .zero, .sixtyFour),
    ]

  private static let functions: [InstructionProgram] = [
    function(.add, .wide, .otherWide), function(.sub, .wide, .otherWide), function(.mul, .wide, .otherWide),
    function(.div, .wide, .medium), function(.div, .wide, .sixtyFour, label: " by one limb"),
    function(.sdiv, .wide, .medium), function(.mod, .wide, .medium),
    function(.mod, .wide, .sixtyFour, label: " by one limb"), function(.smod, .wide, .medium),
    function(.addmod, .wide, .otherWide, .medium), function(.mulmod, .wide, .otherWide, .wide),
    function(.exp, .wide, .thirteen), function(.signextend, .thirteen, .wide),
    function(.lt, .wide, .otherWide), function(.gt, .wide, .otherWide), function(.slt, .wide, .otherWide),
    function(.sgt, .wide, .otherWide), function(.eq, .wide, .otherWide), function(.iszero, .wide),
    function(.and, .wide, .otherWide), function(.or, .wide, .otherWide), function(.xor, .wide, .otherWide),
    function(.not, .wide), function(.byte, .thirteen, .wide), function(.shl, .thirteen, .wide),
    function(.shr, .thirteen, .wide), function(.sar, .thirteen, .wide),
    function(.keccak256, .sixtyFour, .sixtyFour), function(.mload, .sixtyFour), function(.calldataload, .sixtyFour),
    function(.sload, .sixtyFour),
  ]

  private static let patterns: [InstructionProgram] = [
    pattern("JUMP", opcode: .jump, minus: ["PUSH2", "JUMPDEST"]) { offset in
      target(offset, 4) + bytes(.jump, .jumpdest)
    },
    pattern("JUMPI", .wide, opcode: .jumpi, minus: ["PUSH2", "JUMPDEST"]) { offset in
      target(offset, 4) + bytes(.jumpi, .jumpdest)
    },
    // What comes after a branch is translated when it has been reached twice, each after the one before it.
    pattern("JUMPI not taken", .zero, minus: ["PUSH2"], executionsBefore: 450) { offset in
      target(offset, 0) + bytes(.jumpi)
    },
    pattern("DUP1 POP") { _ in bytes(.dup1, .pop) },
    pattern("PUSH1 POP") { _ in [Opcode.push1.rawValue, 7, Opcode.pop.rawValue] },
    pattern("SWAP1 SWAP1") { _ in bytes(.swap1, .swap1) },
    pattern("PUSH1 ADD") { _ in [Opcode.push1.rawValue, 7, Opcode.add.rawValue] },
    pattern("PUSH1 SHR POP") { _ in [Opcode.push1.rawValue, 13, Opcode.shr.rawValue, Opcode.pop.rawValue] },
    pattern("PUSH1 SWAP1 DIV POP") { _ in [Opcode.push1.rawValue, 11] + bytes(.swap1, .div, .pop) },
    pattern("DUP2 ADD") { _ in bytes(.dup2, .add) },
    pattern("PUSH1 MLOAD POP") { _ in [Opcode.push1.rawValue, 64, Opcode.mload.rawValue, Opcode.pop.rawValue] },
    pattern("PUSH1 MSTORE", .wide) { _ in [Opcode.push1.rawValue, 64, Opcode.mstore.rawValue] },
    pattern("LT PUSH2 JUMPI JUMPDEST", .wide, .otherWide) { offset in
      bytes(.lt) + target(offset, 5) + bytes(.jumpi, .jumpdest)
    },
  ]
}
