// The 256 instruction bytes.

/// An instruction byte. All 256 values are cases, so that a `switch` over them compiles to one table without a range
/// check, and any byte converts without a test; bytes without a meaning are `undefinedXX`.
@frozen public enum Opcode: UInt8, Sendable, CaseIterable {
  case stop = 0x00, add, mul, sub, div, sdiv, mod, smod
  case addmod = 0x08, mulmod, exp, signextend, undefined0C, undefined0D, undefined0E, undefined0F
  case lt = 0x10, gt, slt, sgt, eq, iszero, and, or
  case xor = 0x18, not, byte, shl, shr, sar, undefined1E, undefined1F
  case keccak256 = 0x20, undefined21, undefined22, undefined23, undefined24, undefined25, undefined26, undefined27
  case undefined28 = 0x28, undefined29, undefined2A, undefined2B, undefined2C, undefined2D, undefined2E, undefined2F
  case address = 0x30, balance, origin, caller, callvalue, calldataload, calldatasize, calldatacopy
  case codesize = 0x38, codecopy, gasprice, extcodesize, extcodecopy, returndatasize, returndatacopy, extcodehash
  case blockhash = 0x40, coinbase, timestamp, number, prevrandao, gaslimit, chainid, selfbalance
  case basefee = 0x48, blobhash, blobbasefee, undefined4B, undefined4C, undefined4D, undefined4E, undefined4F
  case pop = 0x50, mload, mstore, mstore8, sload, sstore, jump, jumpi
  case pc = 0x58, msize, gas, jumpdest, tload, tstore, mcopy, push0
  case push1 = 0x60, push2, push3, push4, push5, push6, push7, push8
  case push9 = 0x68, push10, push11, push12, push13, push14, push15, push16
  case push17 = 0x70, push18, push19, push20, push21, push22, push23, push24
  case push25 = 0x78, push26, push27, push28, push29, push30, push31, push32
  case dup1 = 0x80, dup2, dup3, dup4, dup5, dup6, dup7, dup8
  case dup9 = 0x88, dup10, dup11, dup12, dup13, dup14, dup15, dup16
  case swap1 = 0x90, swap2, swap3, swap4, swap5, swap6, swap7, swap8
  case swap9 = 0x98, swap10, swap11, swap12, swap13, swap14, swap15, swap16
  case log0 = 0xa0, log1, log2, log3, log4, undefinedA5, undefinedA6, undefinedA7
  case undefinedA8 = 0xa8, undefinedA9, undefinedAA, undefinedAB, undefinedAC, undefinedAD, undefinedAE, undefinedAF
  case undefinedB0 = 0xb0, undefinedB1, undefinedB2, undefinedB3, undefinedB4, undefinedB5, undefinedB6, undefinedB7
  case undefinedB8 = 0xb8, undefinedB9, undefinedBA, undefinedBB, undefinedBC, undefinedBD, undefinedBE, undefinedBF
  case undefinedC0 = 0xc0, undefinedC1, undefinedC2, undefinedC3, undefinedC4, undefinedC5, undefinedC6, undefinedC7
  case undefinedC8 = 0xc8, undefinedC9, undefinedCA, undefinedCB, undefinedCC, undefinedCD, undefinedCE, undefinedCF
  case undefinedD0 = 0xd0, undefinedD1, undefinedD2, undefinedD3, undefinedD4, undefinedD5, undefinedD6, undefinedD7
  case undefinedD8 = 0xd8, undefinedD9, undefinedDA, undefinedDB, undefinedDC, undefinedDD, undefinedDE, undefinedDF
  case undefinedE0 = 0xe0, undefinedE1, undefinedE2, undefinedE3, undefinedE4, undefinedE5, undefinedE6, undefinedE7
  case undefinedE8 = 0xe8, undefinedE9, undefinedEA, undefinedEB, undefinedEC, undefinedED, undefinedEE, undefinedEF
  case create = 0xf0, call, callcode, `return`, delegatecall, create2, undefinedF6, undefinedF7
  case undefinedF8 = 0xf8, undefinedF9, staticcall, undefinedFB, undefinedFC, revert, invalid, selfdestruct

  /// The opcode of a byte.
  @inlinable public init(byte: UInt8) { self = unsafeBitCast(byte, to: Opcode.self) }

  /// The byte of the opcode. ``rawValue`` is the same; the compiler makes 256 cases of that wherever it inlines it.
  @inlinable @inline(__always) public var byte: UInt8 { unsafeBitCast(self, to: UInt8.self) }

  /// Bytes of immediate data that follow the opcode: 1 … 32 for PUSH1 … PUSH32, else none.
  @inlinable public var immediateCount: Int {
    byte >= Opcode.push1.byte && byte <= Opcode.push32.byte ? Int(byte) - 0x5f : 0
  }

  /// Whether any revision or rule set gives the byte a meaning.
  public var isAssigned: Bool { !"\(self)".hasPrefix("undefined") }
}
