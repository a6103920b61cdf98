// The reference interpreter: one instruction after the other, straight from the code bytes.

import Primitives

/// The plain interpreter of a rule set: the meaning of every instruction, exact in gas, native and halts.
///
/// Each step switches on the code byte; the instruction checks the stack and pays (``Registers/begin(_:)``), then does its work,
/// whose body is in the file of its family. Whatever needs the host is prepared here (operands taken, checked, paid for) and
/// left to the machine: the loop knows nothing of state. It is the tier that tracers use and that faster tiers are
/// compared with.
enum Interpreter<Rules: RuleSet> {
  /// Runs until the frame ends or needs the host.
  @inline(__always)
  static func run(_ frame: UnsafeMutablePointer<Frame>) -> Exit { run(frame, single: false) }

  /// Runs one instruction.
  @inline(__always)
  static func step(_ frame: UnsafeMutablePointer<Frame>) -> Exit { run(frame, single: true) }

  @inline(never)
  private static func run(_ frame: UnsafeMutablePointer<Frame>, single: Bool) -> Exit {
    var r = Registers<Rules>(frame)
    let exit: Exit
    do throws(Halt) {
      exit = try dispatch(&r, single: single)
    } catch {
      frame.pointee.halt = error
      exit = .halted
    }
    r.save()
    return exit
  }

  @inline(__always)
  private static func dispatch(_ r: inout Registers<Rules>, single: Bool) throws(Halt) -> Exit {
    steps: while true {
      switch r.fetch() {
      case .stop:
        guard r.begin(.stop) else { break steps }
        return .stopped
      case .add:
        guard r.begin(.add) else { break steps }
        r.add()
      case .mul:
        guard r.begin(.mul) else { break steps }
        r.mul()
      case .sub:
        guard r.begin(.sub) else { break steps }
        r.sub()
      case .div:
        guard r.begin(.div) else { break steps }
        r.div()
      case .sdiv:
        guard r.begin(.sdiv) else { break steps }
        r.sdiv()
      case .mod:
        guard r.begin(.mod) else { break steps }
        r.mod()
      case .smod:
        guard r.begin(.smod) else { break steps }
        r.smod()
      case .addmod:
        guard r.begin(.addmod) else { break steps }
        r.addmod()
      case .mulmod:
        guard r.begin(.mulmod) else { break steps }
        r.mulmod()
      case .exp:
        guard r.begin(.exp) else { break steps }
        try r.exp()
      case .signextend:
        guard r.begin(.signextend) else { break steps }
        r.signextend()

      case .lt:
        guard r.begin(.lt) else { break steps }
        r.lt()
      case .gt:
        guard r.begin(.gt) else { break steps }
        r.gt()
      case .slt:
        guard r.begin(.slt) else { break steps }
        r.slt()
      case .sgt:
        guard r.begin(.sgt) else { break steps }
        r.sgt()
      case .eq:
        guard r.begin(.eq) else { break steps }
        r.eq()
      case .iszero:
        guard r.begin(.iszero) else { break steps }
        r.iszero()
      case .and:
        guard r.begin(.and) else { break steps }
        r.and()
      case .or:
        guard r.begin(.or) else { break steps }
        r.or()
      case .xor:
        guard r.begin(.xor) else { break steps }
        r.xor()
      case .not:
        guard r.begin(.not) else { break steps }
        r.not()
      case .byte:
        guard r.begin(.byte) else { break steps }
        r.byte()
      case .shl:
        guard r.begin(.shl) else { break steps }
        r.shl()
      case .shr:
        guard r.begin(.shr) else { break steps }
        r.shr()
      case .sar:
        guard r.begin(.sar) else { break steps }
        r.sar()

      case .keccak256:
        guard r.begin(.keccak256) else { break steps }
        try r.keccak256()

      case .address:
        guard r.begin(.address) else { break steps }
        r.address()
      case .origin:
        guard r.begin(.origin) else { break steps }
        r.origin()
      case .caller:
        guard r.begin(.caller) else { break steps }
        r.caller()
      case .callvalue:
        guard r.begin(.callvalue) else { break steps }
        r.callvalue()
      case .calldataload:
        guard r.begin(.calldataload) else { break steps }
        r.calldataload()
      case .calldatasize:
        guard r.begin(.calldatasize) else { break steps }
        r.calldatasize()
      case .calldatacopy:
        guard r.begin(.calldatacopy) else { break steps }
        try r.calldatacopy()
      case .codesize:
        guard r.begin(.codesize) else { break steps }
        r.codesize()
      case .codecopy:
        guard r.begin(.codecopy) else { break steps }
        try r.codecopy()
      case .gasprice:
        guard r.begin(.gasprice) else { break steps }
        r.gasprice()
      case .returndatasize:
        guard r.begin(.returndatasize) else { break steps }
        r.returndatasize()
      case .returndatacopy:
        guard r.begin(.returndatacopy) else { break steps }
        try r.returndatacopy()

      case .coinbase:
        guard r.begin(.coinbase) else { break steps }
        r.coinbase()
      case .timestamp:
        guard r.begin(.timestamp) else { break steps }
        r.timestamp()
      case .number:
        guard r.begin(.number) else { break steps }
        r.number()
      case .prevrandao:
        guard r.begin(.prevrandao) else { break steps }
        r.prevrandao()
      case .gaslimit:
        guard r.begin(.gaslimit) else { break steps }
        r.gaslimit()
      case .chainid:
        guard r.begin(.chainid) else { break steps }
        r.chainid()
      case .basefee:
        guard r.begin(.basefee) else { break steps }
        r.basefee()
      case .blobhash:
        guard r.begin(.blobhash) else { break steps }
        r.blobhash()
      case .blobbasefee:
        guard r.begin(.blobbasefee) else { break steps }
        r.blobbasefee()

      case .pop:
        guard r.begin(.pop) else { break steps }
        r.pop()
      case .mload:
        guard r.begin(.mload) else { break steps }
        try r.mload()
      case .mstore:
        guard r.begin(.mstore) else { break steps }
        try r.mstore()
      case .mstore8:
        guard r.begin(.mstore8) else { break steps }
        try r.mstore8()
      case .jump:
        guard r.begin(.jump) else { break steps }
        if try r.jump() && !single { return .hot }
      case .jumpi:
        guard r.begin(.jumpi) else { break steps }
        if try r.jumpi() && !single { return .hot }
      case .pc:
        guard r.begin(.pc) else { break steps }
        r.programCounter()
      case .msize:
        guard r.begin(.msize) else { break steps }
        r.msize()
      case .gas:
        guard r.begin(.gas) else { break steps }
        r.gasLeft()
      case .jumpdest:
        guard r.begin(.jumpdest) else { break steps }
      case .mcopy:
        guard r.begin(.mcopy) else { break steps }
        try r.mcopy()

      case .push0:
        guard r.begin(.push0) else { break steps }
        r.push(.zero)
      case .push1: guard r.push1() else { break steps }
      case .push2: guard r.pushLimb(2) else { break steps }
      case .push3: guard r.pushLimb(3) else { break steps }
      case .push4: guard r.pushLimb(4) else { break steps }
      case .push5: guard r.pushLimb(5) else { break steps }
      case .push6: guard r.pushLimb(6) else { break steps }
      case .push7: guard r.pushLimb(7) else { break steps }
      case .push8: guard r.pushLimb(8) else { break steps }
      case .push9: guard r.pushWord(9) else { break steps }
      case .push10: guard r.pushWord(10) else { break steps }
      case .push11: guard r.pushWord(11) else { break steps }
      case .push12: guard r.pushWord(12) else { break steps }
      case .push13: guard r.pushWord(13) else { break steps }
      case .push14: guard r.pushWord(14) else { break steps }
      case .push15: guard r.pushWord(15) else { break steps }
      case .push16: guard r.pushWord(16) else { break steps }
      case .push17: guard r.pushWord(17) else { break steps }
      case .push18: guard r.pushWord(18) else { break steps }
      case .push19: guard r.pushWord(19) else { break steps }
      case .push20: guard r.pushWord(20) else { break steps }
      case .push21: guard r.pushWord(21) else { break steps }
      case .push22: guard r.pushWord(22) else { break steps }
      case .push23: guard r.pushWord(23) else { break steps }
      case .push24: guard r.pushWord(24) else { break steps }
      case .push25: guard r.pushWord(25) else { break steps }
      case .push26: guard r.pushWord(26) else { break steps }
      case .push27: guard r.pushWord(27) else { break steps }
      case .push28: guard r.pushWord(28) else { break steps }
      case .push29: guard r.pushWord(29) else { break steps }
      case .push30: guard r.pushWord(30) else { break steps }
      case .push31: guard r.pushWord(31) else { break steps }
      case .push32: guard r.pushWord(32) else { break steps }

      case .dup1: guard r.dup(1) else { break steps }
      case .dup2: guard r.dup(2) else { break steps }
      case .dup3: guard r.dup(3) else { break steps }
      case .dup4: guard r.dup(4) else { break steps }
      case .dup5: guard r.dup(5) else { break steps }
      case .dup6: guard r.dup(6) else { break steps }
      case .dup7: guard r.dup(7) else { break steps }
      case .dup8: guard r.dup(8) else { break steps }
      case .dup9: guard r.dup(9) else { break steps }
      case .dup10: guard r.dup(10) else { break steps }
      case .dup11: guard r.dup(11) else { break steps }
      case .dup12: guard r.dup(12) else { break steps }
      case .dup13: guard r.dup(13) else { break steps }
      case .dup14: guard r.dup(14) else { break steps }
      case .dup15: guard r.dup(15) else { break steps }
      case .dup16: guard r.dup(16) else { break steps }
      case .swap1: guard r.swap(1) else { break steps }
      case .swap2: guard r.swap(2) else { break steps }
      case .swap3: guard r.swap(3) else { break steps }
      case .swap4: guard r.swap(4) else { break steps }
      case .swap5: guard r.swap(5) else { break steps }
      case .swap6: guard r.swap(6) else { break steps }
      case .swap7: guard r.swap(7) else { break steps }
      case .swap8: guard r.swap(8) else { break steps }
      case .swap9: guard r.swap(9) else { break steps }
      case .swap10: guard r.swap(10) else { break steps }
      case .swap11: guard r.swap(11) else { break steps }
      case .swap12: guard r.swap(12) else { break steps }
      case .swap13: guard r.swap(13) else { break steps }
      case .swap14: guard r.swap(14) else { break steps }
      case .swap15: guard r.swap(15) else { break steps }
      case .swap16: guard r.swap(16) else { break steps }

      // The host's part.
      case .balance:
        guard r.begin(.balance) else { break steps }
        return .balance
      case .extcodesize:
        guard r.begin(.extcodesize) else { break steps }
        return .codeSize
      case .extcodecopy:
        guard r.begin(.extcodecopy) else { break steps }
        try r.extcodecopy()
        return .codeCopy
      case .extcodehash:
        guard r.begin(.extcodehash) else { break steps }
        return .codeHash
      case .blockhash:
        guard r.begin(.blockhash) else { break steps }
        return .blockHash
      case .selfbalance:
        guard r.begin(.selfbalance) else { break steps }
        return .selfBalance
      case .sload:
        guard r.begin(.sload) else { break steps }
        return .loadStorage
      case .sstore:
        guard r.begin(.sstore) else { break steps }
        try r.sstore()
        return .storeStorage
      case .tload:
        guard r.begin(.tload) else { break steps }
        return .loadTransient
      case .tstore:
        guard r.begin(.tstore) else { break steps }
        try r.tstore()
        return .storeTransient
      case .log0:
        guard r.begin(.log(0)) else { break steps }
        try r.log()
        return .log
      case .log1:
        guard r.begin(.log(1)) else { break steps }
        try r.log()
        return .log
      case .log2:
        guard r.begin(.log(2)) else { break steps }
        try r.log()
        return .log
      case .log3:
        guard r.begin(.log(3)) else { break steps }
        try r.log()
        return .log
      case .log4:
        guard r.begin(.log(4)) else { break steps }
        try r.log()
        return .log
      case .create:
        guard r.begin(.create) else { break steps }
        try r.create(salted: false)
        return .create
      case .create2:
        guard r.begin(.create2) else { break steps }
        try r.create(salted: true)
        return .create2
      case .call:
        guard r.begin(.call) else { break steps }
        try r.call(hasValue: true, isStaticallyRestricted: true)
        return .call
      case .callcode:
        guard r.begin(.callcode) else { break steps }
        try r.call(hasValue: true, isStaticallyRestricted: false)
        return .callCode
      case .delegatecall:
        guard r.begin(.delegatecall) else { break steps }
        try r.call(hasValue: false, isStaticallyRestricted: false)
        return .delegateCall
      case .staticcall:
        guard r.begin(.staticcall) else { break steps }
        try r.call(hasValue: false, isStaticallyRestricted: false)
        return .staticCall
      case .selfdestruct:
        guard r.begin(.selfdestruct) else { break steps }
        try r.requireMutable()
        return .selfDestruct
      case .return:
        guard r.begin(.return) else { break steps }
        try r.output()
        return .returned
      case .revert:
        guard r.begin(.revert) else { break steps }
        try r.output()
        return .reverted
      case .invalid:
        guard r.begin(.invalid) else { break steps }
        throw .invalidOpcode
      // By name: with a default the compiler asks of every byte whether it is one.
      case .undefined0C, .undefined0D, .undefined0E, .undefined0F, .undefined1E, .undefined1F, .undefined21,
        .undefined22, .undefined23, .undefined24, .undefined25, .undefined26, .undefined27, .undefined28,
        .undefined29, .undefined2A, .undefined2B, .undefined2C, .undefined2D, .undefined2E, .undefined2F,
        .undefined4B, .undefined4C, .undefined4D, .undefined4E, .undefined4F, .undefinedA5, .undefinedA6,
        .undefinedA7, .undefinedA8, .undefinedA9, .undefinedAA, .undefinedAB, .undefinedAC, .undefinedAD,
        .undefinedAE, .undefinedAF, .undefinedB0, .undefinedB1, .undefinedB2, .undefinedB3, .undefinedB4,
        .undefinedB5, .undefinedB6, .undefinedB7, .undefinedB8, .undefinedB9, .undefinedBA, .undefinedBB,
        .undefinedBC, .undefinedBD, .undefinedBE, .undefinedBF, .undefinedC0, .undefinedC1, .undefinedC2,
        .undefinedC3, .undefinedC4, .undefinedC5, .undefinedC6, .undefinedC7, .undefinedC8, .undefinedC9,
        .undefinedCA, .undefinedCB, .undefinedCC, .undefinedCD, .undefinedCE, .undefinedCF, .undefinedD0,
        .undefinedD1, .undefinedD2, .undefinedD3, .undefinedD4, .undefinedD5, .undefinedD6, .undefinedD7,
        .undefinedD8, .undefinedD9, .undefinedDA, .undefinedDB, .undefinedDC, .undefinedDD, .undefinedDE,
        .undefinedDF, .undefinedE0, .undefinedE1, .undefinedE2, .undefinedE3, .undefinedE4, .undefinedE5,
        .undefinedE6, .undefinedE7, .undefinedE8, .undefinedE9, .undefinedEA, .undefinedEB, .undefinedEC,
        .undefinedED, .undefinedEE, .undefinedEF, .undefinedF6, .undefinedF7, .undefinedF8, .undefinedF9,
        .undefinedFB, .undefinedFC:
        break steps
      }
      if single { return .stepped }
    }
    throw r.failed()
  }
}
