// The reference interpreter: one instruction after the other, straight from the code bytes.

import Primitives

/// The plain interpreter of a rule set: the meaning of every instruction, exact in gas, native and halts.
///
/// Each step reads one ``InstructionEntry``, charges and checks the stack by it, and switches to the instruction, whose
/// body is in the file of its family. Whatever needs the host is prepared here (operands taken, checked, paid for) and
/// left to the machine: the loop knows nothing of state. It is the tier that tracers use and that faster tiers are
/// compared with.
enum Interpreter<Rules: RuleSet> {
  /// Runs until the frame ends or needs the host.
  @inline(never)
  static func run(_ frame: UnsafeMutablePointer<Frame>) -> Exit { loop(frame, single: false) }

  /// Runs one instruction.
  @inline(never)
  static func step(_ frame: UnsafeMutablePointer<Frame>) -> Exit { loop(frame, single: true) }

  @inline(__always)
  private static func loop(_ frame: UnsafeMutablePointer<Frame>, single: Bool) -> Exit {
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
    repeat {
      switch try r.fetch() {
      case .stop: return .stopped
      case .add: r.add()
      case .mul: r.mul()
      case .sub: r.sub()
      case .div: r.div()
      case .sdiv: r.sdiv()
      case .mod: r.mod()
      case .smod: r.smod()
      case .addmod: r.addmod()
      case .mulmod: r.mulmod()
      case .exp: try r.exp()
      case .signextend: r.signextend()

      case .lt: r.lt()
      case .gt: r.gt()
      case .slt: r.slt()
      case .sgt: r.sgt()
      case .eq: r.eq()
      case .iszero: r.iszero()
      case .and: r.and()
      case .or: r.or()
      case .xor: r.xor()
      case .not: r.not()
      case .byte: r.byte()
      case .shl: r.shl()
      case .shr: r.shr()
      case .sar: r.sar()

      case .keccak256: try r.keccak256()

      case .address: r.address()
      case .origin: r.origin()
      case .caller: r.caller()
      case .callvalue: r.callvalue()
      case .calldataload: r.calldataload()
      case .calldatasize: r.calldatasize()
      case .calldatacopy: try r.calldatacopy()
      case .codesize: r.codesize()
      case .codecopy: try r.codecopy()
      case .gasprice: r.gasprice()
      case .returndatasize: r.returndatasize()
      case .returndatacopy: try r.returndatacopy()

      case .coinbase: r.coinbase()
      case .timestamp: r.timestamp()
      case .number: r.number()
      case .prevrandao: r.prevrandao()
      case .gaslimit: r.gaslimit()
      case .chainid: r.chainid()
      case .basefee: r.basefee()
      case .blobhash: r.blobhash()
      case .blobbasefee: r.blobbasefee()

      case .pop: r.pop()
      case .mload: try r.mload()
      case .mstore: try r.mstore()
      case .mstore8: try r.mstore8()
      case .jump:
        if try r.jump() && !single { return .hot }
      case .jumpi:
        if try r.jumpi() && !single { return .hot }
      case .pc: r.programCounter()
      case .msize: r.msize()
      case .gas: r.gasLeft()
      case .jumpdest: break
      case .mcopy: try r.mcopy()

      case .push0: r.push(.zero)
      case .push1: r.pushSmall(1)
      case .push2: r.pushSmall(2)
      case .push3: r.pushSmall(3)
      case .push4: r.pushSmall(4)
      case .push5: r.pushSmall(5)
      case .push6: r.pushSmall(6)
      case .push7: r.pushSmall(7)
      case .push8: r.pushSmall(8)
      case .push9, .push10, .push11, .push12, .push13, .push14, .push15, .push16, .push17, .push18, .push19, .push20,
        .push21, .push22, .push23, .push24, .push25, .push26, .push27, .push28, .push29, .push30, .push31:
        r.pushWide()
      case .push32: r.push32()

      case .dup1: r.dup(1)
      case .dup2: r.dup(2)
      case .dup3: r.dup(3)
      case .dup4: r.dup(4)
      case .dup5: r.dup(5)
      case .dup6: r.dup(6)
      case .dup7: r.dup(7)
      case .dup8: r.dup(8)
      case .dup9: r.dup(9)
      case .dup10: r.dup(10)
      case .dup11: r.dup(11)
      case .dup12: r.dup(12)
      case .dup13: r.dup(13)
      case .dup14: r.dup(14)
      case .dup15: r.dup(15)
      case .dup16: r.dup(16)
      case .swap1: r.swap(1)
      case .swap2: r.swap(2)
      case .swap3: r.swap(3)
      case .swap4: r.swap(4)
      case .swap5: r.swap(5)
      case .swap6: r.swap(6)
      case .swap7: r.swap(7)
      case .swap8: r.swap(8)
      case .swap9: r.swap(9)
      case .swap10: r.swap(10)
      case .swap11: r.swap(11)
      case .swap12: r.swap(12)
      case .swap13: r.swap(13)
      case .swap14: r.swap(14)
      case .swap15: r.swap(15)
      case .swap16: r.swap(16)

      // The host's part.
      case .balance: return .balance
      case .extcodesize: return .codeSize
      case .extcodecopy:
        try r.extcodecopy()
        return .codeCopy
      case .extcodehash: return .codeHash
      case .blockhash: return .blockHash
      case .selfbalance: return .selfBalance
      case .sload: return .loadStorage
      case .sstore:
        try r.sstore()
        return .storeStorage
      case .tload: return .loadTransient
      case .tstore:
        try r.tstore()
        return .storeTransient
      case .log0, .log1, .log2, .log3, .log4:
        try r.log()
        return .log
      case .create:
        try r.create(salted: false)
        return .create
      case .create2:
        try r.create(salted: true)
        return .create2
      case .call:
        try r.call(hasValue: true, isStaticallyRestricted: true)
        return .call
      case .callcode:
        try r.call(hasValue: true, isStaticallyRestricted: false)
        return .callCode
      case .delegatecall:
        try r.call(hasValue: false, isStaticallyRestricted: false)
        return .delegateCall
      case .staticcall:
        try r.call(hasValue: false, isStaticallyRestricted: false)
        return .staticCall
      case .selfdestruct:
        try r.requireMutable()
        return .selfDestruct
      case .return:
        try r.output()
        return .returned
      case .revert:
        try r.output()
        return .reverted
      case .invalid: throw .invalidOpcode
      default: throw .undefinedOpcode
      }
    } while !single
    return .stepped
  }
}
