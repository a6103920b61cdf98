// Every instruction: its place on the stack, its price, its age.

/// An instruction of the yellow paper: what it takes from the stack, what it leaves, since when it exists, and its constant
/// gas in the schedule since Cancun.
///
/// Costs that depend on state or operands come on top; prices of state access are 0 here and belong to the host, see
/// ``EthereumRules`` for their history. Tables are made of the facts, and the reference interpreter, which names them,
/// has them as constants.
struct InstructionFact {
  var opcode: Opcode
  /// Items that must be present: those taken, and for DUP and SWAP those looked at.
  var takes: Int
  /// Items in their place.
  var leaves: Int
  var gas: Int64
  var since: Revision
  /// Whether every revision has it.
  var isOriginal: Bool

  @inline(__always)
  init(_ opcode: Opcode, _ takes: Int, _ leaves: Int, gas: Int64) {
    self.init(opcode, takes, leaves, gas, .frontier, isOriginal: true)
  }

  @inline(__always)
  init(_ opcode: Opcode, _ takes: Int, _ leaves: Int, gas: Int64, since: Revision) {
    self.init(opcode, takes, leaves, gas, since, isOriginal: false)
  }

  @inline(__always)
  private init(_ opcode: Opcode, _ takes: Int, _ leaves: Int, _ gas: Int64, _ since: Revision, isOriginal: Bool) {
    self.opcode = opcode
    self.takes = takes
    self.leaves = leaves
    self.gas = gas
    self.since = since
    self.isOriginal = isOriginal
  }

  /// The fact as a table entry.
  var entry: InstructionEntry {
    InstructionEntry(
      handler: opcode, needs: UInt8(takes), growth: Int8(leaves - takes), gas: gas, native: 0)
  }
}

extension InstructionFact {
  @inline(__always) static var stop: Self { .init(.stop, 0, 0, gas: 0) }
  @inline(__always) static var add: Self { .init(.add, 2, 1, gas: 3) }
  @inline(__always) static var mul: Self { .init(.mul, 2, 1, gas: 5) }
  @inline(__always) static var sub: Self { .init(.sub, 2, 1, gas: 3) }
  @inline(__always) static var div: Self { .init(.div, 2, 1, gas: 5) }
  @inline(__always) static var sdiv: Self { .init(.sdiv, 2, 1, gas: 5) }
  @inline(__always) static var mod: Self { .init(.mod, 2, 1, gas: 5) }
  @inline(__always) static var smod: Self { .init(.smod, 2, 1, gas: 5) }
  @inline(__always) static var addmod: Self { .init(.addmod, 3, 1, gas: 8) }
  @inline(__always) static var mulmod: Self { .init(.mulmod, 3, 1, gas: 8) }
  @inline(__always) static var exp: Self { .init(.exp, 2, 1, gas: 10) }
  @inline(__always) static var signextend: Self { .init(.signextend, 2, 1, gas: 5) }

  @inline(__always) static var lt: Self { .init(.lt, 2, 1, gas: 3) }
  @inline(__always) static var gt: Self { .init(.gt, 2, 1, gas: 3) }
  @inline(__always) static var slt: Self { .init(.slt, 2, 1, gas: 3) }
  @inline(__always) static var sgt: Self { .init(.sgt, 2, 1, gas: 3) }
  @inline(__always) static var eq: Self { .init(.eq, 2, 1, gas: 3) }
  @inline(__always) static var iszero: Self { .init(.iszero, 1, 1, gas: 3) }
  @inline(__always) static var and: Self { .init(.and, 2, 1, gas: 3) }
  @inline(__always) static var or: Self { .init(.or, 2, 1, gas: 3) }
  @inline(__always) static var xor: Self { .init(.xor, 2, 1, gas: 3) }
  @inline(__always) static var not: Self { .init(.not, 1, 1, gas: 3) }
  @inline(__always) static var byte: Self { .init(.byte, 2, 1, gas: 3) }
  @inline(__always) static var shl: Self { .init(.shl, 2, 1, gas: 3, since: .constantinople) }
  @inline(__always) static var shr: Self { .init(.shr, 2, 1, gas: 3, since: .constantinople) }
  @inline(__always) static var sar: Self { .init(.sar, 2, 1, gas: 3, since: .constantinople) }

  @inline(__always) static var keccak256: Self { .init(.keccak256, 2, 1, gas: 30) }

  @inline(__always) static var address: Self { .init(.address, 0, 1, gas: 2) }
  @inline(__always) static var balance: Self { .init(.balance, 1, 1, gas: 0) }
  @inline(__always) static var origin: Self { .init(.origin, 0, 1, gas: 2) }
  @inline(__always) static var caller: Self { .init(.caller, 0, 1, gas: 2) }
  @inline(__always) static var callvalue: Self { .init(.callvalue, 0, 1, gas: 2) }
  @inline(__always) static var calldataload: Self { .init(.calldataload, 1, 1, gas: 3) }
  @inline(__always) static var calldatasize: Self { .init(.calldatasize, 0, 1, gas: 2) }
  @inline(__always) static var calldatacopy: Self { .init(.calldatacopy, 3, 0, gas: 3) }
  @inline(__always) static var codesize: Self { .init(.codesize, 0, 1, gas: 2) }
  @inline(__always) static var codecopy: Self { .init(.codecopy, 3, 0, gas: 3) }
  @inline(__always) static var gasprice: Self { .init(.gasprice, 0, 1, gas: 2) }
  @inline(__always) static var extcodesize: Self { .init(.extcodesize, 1, 1, gas: 0) }
  @inline(__always) static var extcodecopy: Self { .init(.extcodecopy, 4, 0, gas: 0) }
  @inline(__always) static var returndatasize: Self { .init(.returndatasize, 0, 1, gas: 2, since: .byzantium) }
  @inline(__always) static var returndatacopy: Self { .init(.returndatacopy, 3, 0, gas: 3, since: .byzantium) }
  @inline(__always) static var extcodehash: Self { .init(.extcodehash, 1, 1, gas: 0, since: .constantinople) }

  @inline(__always) static var blockhash: Self { .init(.blockhash, 1, 1, gas: 20) }
  @inline(__always) static var coinbase: Self { .init(.coinbase, 0, 1, gas: 2) }
  @inline(__always) static var timestamp: Self { .init(.timestamp, 0, 1, gas: 2) }
  @inline(__always) static var number: Self { .init(.number, 0, 1, gas: 2) }
  @inline(__always) static var prevrandao: Self { .init(.prevrandao, 0, 1, gas: 2) }
  @inline(__always) static var gaslimit: Self { .init(.gaslimit, 0, 1, gas: 2) }
  @inline(__always) static var chainid: Self { .init(.chainid, 0, 1, gas: 2, since: .istanbul) }
  @inline(__always) static var selfbalance: Self { .init(.selfbalance, 0, 1, gas: 5, since: .istanbul) }
  @inline(__always) static var basefee: Self { .init(.basefee, 0, 1, gas: 2, since: .london) }
  @inline(__always) static var blobhash: Self { .init(.blobhash, 1, 1, gas: 3, since: .cancun) }
  @inline(__always) static var blobbasefee: Self { .init(.blobbasefee, 0, 1, gas: 2, since: .cancun) }

  @inline(__always) static var pop: Self { .init(.pop, 1, 0, gas: 2) }
  @inline(__always) static var mload: Self { .init(.mload, 1, 1, gas: 3) }
  @inline(__always) static var mstore: Self { .init(.mstore, 2, 0, gas: 3) }
  @inline(__always) static var mstore8: Self { .init(.mstore8, 2, 0, gas: 3) }
  @inline(__always) static var sload: Self { .init(.sload, 1, 1, gas: 0) }
  @inline(__always) static var sstore: Self { .init(.sstore, 2, 0, gas: 0) }
  @inline(__always) static var jump: Self { .init(.jump, 1, 0, gas: 8) }
  @inline(__always) static var jumpi: Self { .init(.jumpi, 2, 0, gas: 10) }
  @inline(__always) static var pc: Self { .init(.pc, 0, 1, gas: 2) }
  @inline(__always) static var msize: Self { .init(.msize, 0, 1, gas: 2) }
  @inline(__always) static var gas: Self { .init(.gas, 0, 1, gas: 2) }
  @inline(__always) static var jumpdest: Self { .init(.jumpdest, 0, 0, gas: 1) }
  @inline(__always) static var tload: Self { .init(.tload, 1, 1, gas: 100, since: .cancun) }
  @inline(__always) static var tstore: Self { .init(.tstore, 2, 0, gas: 100, since: .cancun) }
  @inline(__always) static var mcopy: Self { .init(.mcopy, 3, 0, gas: 3, since: .cancun) }
  @inline(__always) static var push0: Self { .init(.push0, 0, 1, gas: 2, since: .shanghai) }

  @inline(__always) static var create: Self { .init(.create, 3, 1, gas: 32_000) }
  @inline(__always) static var call: Self { .init(.call, 7, 1, gas: 0) }
  @inline(__always) static var callcode: Self { .init(.callcode, 7, 1, gas: 0) }
  @inline(__always) static var `return`: Self { .init(.return, 2, 0, gas: 0) }
  @inline(__always) static var delegatecall: Self { .init(.delegatecall, 6, 1, gas: 0, since: .homestead) }
  @inline(__always) static var create2: Self { .init(.create2, 4, 1, gas: 32_000, since: .constantinople) }
  @inline(__always) static var staticcall: Self { .init(.staticcall, 6, 1, gas: 0, since: .byzantium) }
  @inline(__always) static var revert: Self { .init(.revert, 2, 0, gas: 0, since: .byzantium) }
  @inline(__always) static var invalid: Self { .init(.invalid, 0, 0, gas: 0) }
  @inline(__always) static var selfdestruct: Self { .init(.selfdestruct, 1, 0, gas: 0) }

  /// PUSH1 … PUSH32.
  @inline(__always)
  static func push(_ n: Int) -> Self { .init(Opcode(byte: UInt8(0x5f &+ n)), 0, 1, gas: 3) }
  /// DUP1 … DUP16.
  @inline(__always)
  static func dup(_ n: Int) -> Self { .init(Opcode(byte: UInt8(0x7f &+ n)), n, n &+ 1, gas: 3) }
  /// SWAP1 … SWAP16.
  @inline(__always)
  static func swap(_ n: Int) -> Self { .init(Opcode(byte: UInt8(0x8f &+ n)), n &+ 1, n &+ 1, gas: 3) }
  /// LOG0 … LOG4.
  @inline(__always)
  static func log(_ n: Int) -> Self { .init(Opcode(byte: UInt8(0xa0 &+ n)), n &+ 2, 0, gas: 375 &* Int64(n &+ 1)) }

  /// Every assigned instruction.
  static let all: [InstructionFact] =
    [
      .stop, .add, .mul, .sub, .div, .sdiv, .mod, .smod, .addmod, .mulmod, .exp, .signextend, .lt, .gt, .slt, .sgt,
      .eq, .iszero, .and, .or, .xor, .not, .byte, .shl, .shr, .sar, .keccak256, .address, .balance, .origin, .caller,
      .callvalue, .calldataload, .calldatasize, .calldatacopy, .codesize, .codecopy, .gasprice, .extcodesize,
      .extcodecopy, .returndatasize, .returndatacopy, .extcodehash, .blockhash, .coinbase, .timestamp, .number,
      .prevrandao, .gaslimit, .chainid, .selfbalance, .basefee, .blobhash, .blobbasefee, .pop, .mload, .mstore,
      .mstore8, .sload, .sstore, .jump, .jumpi, .pc, .msize, .gas, .jumpdest, .tload, .tstore, .mcopy, .push0,
      .create, .call, .callcode, .return, .delegatecall, .create2, .staticcall, .revert, .invalid, .selfdestruct,
    ] + (1...32).map { push($0) } + (1...16).map { dup($0) } + (1...16).map { swap($0) } + (0...4).map { log($0) }
}
