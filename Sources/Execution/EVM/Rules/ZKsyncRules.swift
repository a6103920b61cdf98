// ZKsync OS: the Cancun instruction set with a second, proving resource.

/// The rules of the EVM inside ZKsync OS.
///
/// Gas follows Cancun. Every step and most instructions also cost *native*, the model of proving work. Source:
/// zksync-os `evm_interpreter/src/native_resource_constants.rs`, `gas_constants.rs`, `instructions/*.rs`.
@frozen public struct ZKsyncRules: RuleSet, @unchecked Sendable {
  public let table: UnsafePointer<InstructionTable>
  /// Whether deployed code brings its jump destinations along, so that only init code pays for their analysis.
  public let storesJumpDestinations: Bool

  /// - Parameters:
  ///   - storesJumpDestinations: true for the versions that keep the jump destinations beside the code.
  ///   - provesWordWidth: true to bound operands by the 32-bit words of the RISC-V program instead of the 64-bit words
  ///     of a sequencer; the two differ for absurd lengths of copies only.
  public init(storesJumpDestinations: Bool = false, provesWordWidth: Bool = false) {
    self.storesJumpDestinations = storesJumpDestinations
    table = provesWordWidth ? ZKsyncRules.narrowTable : ZKsyncRules.wideTable
  }

  @inlinable public static var metersNative: Bool { true }
  @inlinable public static var sharedMemory: Int { 1 << 27 }

  @inlinable public func analysisNative(count: Int, isConstructor: Bool) -> UInt64 {
    storesJumpDestinations && !isConstructor ? 0 : 6 &* UInt64(count)
  }

  public static func run(_ frame: UnsafeMutablePointer<Frame>) -> Exit {
    Tiers<ZKsyncRules>.run(frame)
  }

  public static func step(_ frame: UnsafeMutablePointer<Frame>) -> Exit {
    Interpreter<ZKsyncRules>.step(frame)
  }

  nonisolated(unsafe) private static let wideTable = makeTable(wordLimit: .max).immortal()
  nonisolated(unsafe) private static let narrowTable = makeTable(wordLimit: UInt64(UInt32.max)).immortal()

  static func makeTable(wordLimit: UInt64) -> InstructionTable {
    var table = InstructionTable()
    for index in 0..<256 { table.entries[index].native = ZKsyncNative.step }
    for fact in InstructionFact.all {
      table[fact.opcode] = fact.entry
      table[fact.opcode].native = ZKsyncNative.step + ZKsyncNative.instruction(fact.opcode)
    }
    for opcode in chargedAfterOperands { table[opcode].gas = 0 }
    table[.selfdestruct].gas = 5000
    table.wordLimit = wordLimit
    return table
  }

  /// Instructions that take their operands first and then charge constant and variable cost in one step. Only the
  /// native that remains after a halt can tell the difference.
  private static let chargedAfterOperands: [Opcode] = [
    .exp, .keccak256, .calldatacopy, .codecopy, .extcodecopy, .returndatacopy, .mcopy, .tstore, .log0, .log1, .log2,
    .log3, .log4,
  ]
}

/// Prices in native.
@frozen public enum ZKsyncNative {
  /// Every instruction byte, STOP and undefined bytes included.
  @usableFromInline static let step: UInt64 = 20

  /// The constant part of an instruction, on top of ``step``, charged before its operands are taken.
  static func instruction(_ opcode: Opcode) -> UInt64 {
    switch opcode {
    case .add, .sub: 140
    case .mul, .signextend, .sar: 400
    case .div: 1500
    case .sdiv: 1000
    case .mod: 1300
    case .smod: 800
    case .addmod: 1700
    case .mulmod: 2300
    case .lt, .gt: 190
    case .slt, .sgt: 430
    case .eq: 500
    case .iszero: 300
    case .and: 100
    case .or, .xor: 90
    case .byte: 160
    case .shl, .shr: 240
    case .not, .address, .balance, .origin, .caller, .callvalue, .gasprice, .extcodesize, .returndatasize,
      .extcodehash, .blockhash, .coinbase, .timestamp, .number, .gaslimit, .chainid, .selfbalance, .basefee, .gas:
      60
    case .calldataload: 280
    case .calldatasize, .codesize, .prevrandao, .blobhash, .blobbasefee, .pop, .pc, .msize, .jumpdest, .return: 40
    case .mload, .mstore, .mstore8: 250
    case .sload, .sstore, .tstore, .selfdestruct: 100
    case .tload: 4100
    case .jump: 70
    case .jumpi: 300
    case .push0, .log0, .log1, .log2, .log3, .log4, .revert: 50
    case .create, .create2: 25_000
    case .call, .callcode, .delegatecall, .staticcall: 1500
    default: push(opcode) ?? (opcode.rawValue & 0xf0 == 0x80 ? 60 : opcode.rawValue & 0xf0 == 0x90 ? 90 : 0)
    }
  }

  /// PUSH1 … PUSH32.
  private static func push(_ opcode: Opcode) -> UInt64? {
    let prices: [UInt64] = [
      60, 120, 140, 140, 150, 160, 170, 180, 190, 200, 210, 210, 220, 230, 240, 210,
      240, 240, 240, 240, 250, 260, 260, 260, 260, 270, 280, 280, 290, 290, 300, 300,
    ]
    return opcode.immediateCount > 0 ? prices[opcode.immediateCount - 1] : nil
  }

  /// Memory growth: per event, and per byte.
  static let memoryGrowth: UInt64 = 35
  /// EXP, and per significant byte of its exponent.
  static let exponentiation: UInt64 = 700
  static let exponentByte: UInt64 = 5000
  /// KECCAK256 before it hashes.
  static let keccakInstruction: UInt64 = 90
  /// Copies, per instruction, MCOPY excepted; one more native per byte.
  @usableFromInline static let copy: UInt64 = 180
  static let memoryCopy: UInt64 = 80
  /// TLOAD, and TSTORE after its static check; on top of what every instruction costs.
  public static let transientAccess: UInt64 = 4000
  /// LOG: base, per topic, and per data byte.
  static let event: UInt64 = 6000
  static let topic: UInt64 = 200
  static let eventByte: UInt64 = 2

  /// Keccak-256 over `count` bytes. A multiple of 136 bytes is priced one permutation short of what it takes, as the
  /// reference does (zksync-os `basic_system/src/system_functions/keccak256.rs`).
  @inlinable public static func keccak(count: Int) -> UInt64 {
    2500 &+ 17_500 &* UInt64(max(1, (count &+ 135) / 136))
  }
}
