// The reference interpreter: one instruction after the other, straight from the code bytes.

import Primitives

/// The plain interpreter of a rule set: the meaning of every instruction, exact in gas, native and halts.
///
/// Each step switches on the code byte; the instruction charges, checks the stack (``Registers/begin(_:)``) and does its work,
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
      frame.pointee.halt = error == .undefinedOpcode ? r.undefined() : error
      exit = .halted
    }
    r.save()
    return exit
  }

  @inline(__always)
  private static func dispatch(_ r: inout Registers<Rules>, single: Bool) throws(Halt) -> Exit {
    repeat {
      switch r.fetch() {
      case .stop:
        try r.begin(.stop)
        return .stopped
      case .add:
        try r.begin(.add)
        r.add()
      case .mul:
        try r.begin(.mul)
        r.mul()
      case .sub:
        try r.begin(.sub)
        r.sub()
      case .div:
        try r.begin(.div)
        r.div()
      case .sdiv:
        try r.begin(.sdiv)
        r.sdiv()
      case .mod:
        try r.begin(.mod)
        r.mod()
      case .smod:
        try r.begin(.smod)
        r.smod()
      case .addmod:
        try r.begin(.addmod)
        r.addmod()
      case .mulmod:
        try r.begin(.mulmod)
        r.mulmod()
      case .exp:
        try r.begin(.exp)
        try r.exp()
      case .signextend:
        try r.begin(.signextend)
        r.signextend()

      case .lt:
        try r.begin(.lt)
        r.lt()
      case .gt:
        try r.begin(.gt)
        r.gt()
      case .slt:
        try r.begin(.slt)
        r.slt()
      case .sgt:
        try r.begin(.sgt)
        r.sgt()
      case .eq:
        try r.begin(.eq)
        r.eq()
      case .iszero:
        try r.begin(.iszero)
        r.iszero()
      case .and:
        try r.begin(.and)
        r.and()
      case .or:
        try r.begin(.or)
        r.or()
      case .xor:
        try r.begin(.xor)
        r.xor()
      case .not:
        try r.begin(.not)
        r.not()
      case .byte:
        try r.begin(.byte)
        r.byte()
      case .shl:
        try r.begin(.shl)
        r.shl()
      case .shr:
        try r.begin(.shr)
        r.shr()
      case .sar:
        try r.begin(.sar)
        r.sar()

      case .keccak256:
        try r.begin(.keccak256)
        try r.keccak256()

      case .address:
        try r.begin(.address)
        r.address()
      case .origin:
        try r.begin(.origin)
        r.origin()
      case .caller:
        try r.begin(.caller)
        r.caller()
      case .callvalue:
        try r.begin(.callvalue)
        r.callvalue()
      case .calldataload:
        try r.begin(.calldataload)
        r.calldataload()
      case .calldatasize:
        try r.begin(.calldatasize)
        r.calldatasize()
      case .calldatacopy:
        try r.begin(.calldatacopy)
        try r.calldatacopy()
      case .codesize:
        try r.begin(.codesize)
        r.codesize()
      case .codecopy:
        try r.begin(.codecopy)
        try r.codecopy()
      case .gasprice:
        try r.begin(.gasprice)
        r.gasprice()
      case .returndatasize:
        try r.begin(.returndatasize)
        r.returndatasize()
      case .returndatacopy:
        try r.begin(.returndatacopy)
        try r.returndatacopy()

      case .coinbase:
        try r.begin(.coinbase)
        r.coinbase()
      case .timestamp:
        try r.begin(.timestamp)
        r.timestamp()
      case .number:
        try r.begin(.number)
        r.number()
      case .prevrandao:
        try r.begin(.prevrandao)
        r.prevrandao()
      case .gaslimit:
        try r.begin(.gaslimit)
        r.gaslimit()
      case .chainid:
        try r.begin(.chainid)
        r.chainid()
      case .basefee:
        try r.begin(.basefee)
        r.basefee()
      case .blobhash:
        try r.begin(.blobhash)
        r.blobhash()
      case .blobbasefee:
        try r.begin(.blobbasefee)
        r.blobbasefee()

      case .pop:
        try r.begin(.pop)
        r.pop()
      case .mload:
        try r.begin(.mload)
        try r.mload()
      case .mstore:
        try r.begin(.mstore)
        try r.mstore()
      case .mstore8:
        try r.begin(.mstore8)
        try r.mstore8()
      case .jump:
        try r.begin(.jump)
        if try r.jump() && !single { return .hot }
      case .jumpi:
        try r.begin(.jumpi)
        if try r.jumpi() && !single { return .hot }
      case .pc:
        try r.begin(.pc)
        r.programCounter()
      case .msize:
        try r.begin(.msize)
        r.msize()
      case .gas:
        try r.begin(.gas)
        r.gasLeft()
      case .jumpdest: try r.begin(.jumpdest)
      case .mcopy:
        try r.begin(.mcopy)
        try r.mcopy()

      case .push0:
        try r.begin(.push0)
        r.push(.zero)
      case .push1: try r.push1()
      case .push2: try r.pushLimb(2)
      case .push3: try r.pushLimb(3)
      case .push4: try r.pushLimb(4)
      case .push5: try r.pushLimb(5)
      case .push6: try r.pushLimb(6)
      case .push7: try r.pushLimb(7)
      case .push8: try r.pushLimb(8)
      case .push9: try r.pushWord(9)
      case .push10: try r.pushWord(10)
      case .push11: try r.pushWord(11)
      case .push12: try r.pushWord(12)
      case .push13: try r.pushWord(13)
      case .push14: try r.pushWord(14)
      case .push15: try r.pushWord(15)
      case .push16: try r.pushWord(16)
      case .push17: try r.pushWord(17)
      case .push18: try r.pushWord(18)
      case .push19: try r.pushWord(19)
      case .push20: try r.pushWord(20)
      case .push21: try r.pushWord(21)
      case .push22: try r.pushWord(22)
      case .push23: try r.pushWord(23)
      case .push24: try r.pushWord(24)
      case .push25: try r.pushWord(25)
      case .push26: try r.pushWord(26)
      case .push27: try r.pushWord(27)
      case .push28: try r.pushWord(28)
      case .push29: try r.pushWord(29)
      case .push30: try r.pushWord(30)
      case .push31: try r.pushWord(31)
      case .push32: try r.pushWord(32)

      case .dup1: try r.dup(1)
      case .dup2: try r.dup(2)
      case .dup3: try r.dup(3)
      case .dup4: try r.dup(4)
      case .dup5: try r.dup(5)
      case .dup6: try r.dup(6)
      case .dup7: try r.dup(7)
      case .dup8: try r.dup(8)
      case .dup9: try r.dup(9)
      case .dup10: try r.dup(10)
      case .dup11: try r.dup(11)
      case .dup12: try r.dup(12)
      case .dup13: try r.dup(13)
      case .dup14: try r.dup(14)
      case .dup15: try r.dup(15)
      case .dup16: try r.dup(16)
      case .swap1: try r.swap(1)
      case .swap2: try r.swap(2)
      case .swap3: try r.swap(3)
      case .swap4: try r.swap(4)
      case .swap5: try r.swap(5)
      case .swap6: try r.swap(6)
      case .swap7: try r.swap(7)
      case .swap8: try r.swap(8)
      case .swap9: try r.swap(9)
      case .swap10: try r.swap(10)
      case .swap11: try r.swap(11)
      case .swap12: try r.swap(12)
      case .swap13: try r.swap(13)
      case .swap14: try r.swap(14)
      case .swap15: try r.swap(15)
      case .swap16: try r.swap(16)

      // The host's part.
      case .balance:
        try r.begin(.balance)
        return .balance
      case .extcodesize:
        try r.begin(.extcodesize)
        return .codeSize
      case .extcodecopy:
        try r.begin(.extcodecopy)
        try r.extcodecopy()
        return .codeCopy
      case .extcodehash:
        try r.begin(.extcodehash)
        return .codeHash
      case .blockhash:
        try r.begin(.blockhash)
        return .blockHash
      case .selfbalance:
        try r.begin(.selfbalance)
        return .selfBalance
      case .sload:
        try r.begin(.sload)
        return .loadStorage
      case .sstore:
        try r.begin(.sstore)
        try r.sstore()
        return .storeStorage
      case .tload:
        try r.begin(.tload)
        return .loadTransient
      case .tstore:
        try r.begin(.tstore)
        try r.tstore()
        return .storeTransient
      case .log0:
        try r.begin(.log(0))
        try r.log()
        return .log
      case .log1:
        try r.begin(.log(1))
        try r.log()
        return .log
      case .log2:
        try r.begin(.log(2))
        try r.log()
        return .log
      case .log3:
        try r.begin(.log(3))
        try r.log()
        return .log
      case .log4:
        try r.begin(.log(4))
        try r.log()
        return .log
      case .create:
        try r.begin(.create)
        try r.create(salted: false)
        return .create
      case .create2:
        try r.begin(.create2)
        try r.create(salted: true)
        return .create2
      case .call:
        try r.begin(.call)
        try r.call(hasValue: true, isStaticallyRestricted: true)
        return .call
      case .callcode:
        try r.begin(.callcode)
        try r.call(hasValue: true, isStaticallyRestricted: false)
        return .callCode
      case .delegatecall:
        try r.begin(.delegatecall)
        try r.call(hasValue: false, isStaticallyRestricted: false)
        return .delegateCall
      case .staticcall:
        try r.begin(.staticcall)
        try r.call(hasValue: false, isStaticallyRestricted: false)
        return .staticCall
      case .selfdestruct:
        try r.begin(.selfdestruct)
        try r.requireMutable()
        return .selfDestruct
      case .return:
        try r.begin(.return)
        try r.output()
        return .returned
      case .revert:
        try r.begin(.revert)
        try r.output()
        return .reverted
      case .invalid:
        try r.begin(.invalid)
        throw .invalidOpcode
      default: throw .undefinedOpcode
      }
    } while !single
    return .stepped
  }
}
