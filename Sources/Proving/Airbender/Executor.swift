// The interpreter's loop: decoded instructions in, one switch, everything hot in locals.

/// What the loop works on; it lives behind a pointer, so that no access costs an exclusivity check.
struct MachineState {
  var registers: UnsafeMutablePointer<UInt32>
  var memory: UnsafeMutableRawPointer
  var program: UnsafePointer<Instruction>
  /// Address of the next instruction; when paused, of the instruction that paused.
  var pc: UInt32 = 0
  /// Instructions executed before `pc`.
  var cycles: Int = 0
  var cycleLimit: Int = 0
  var blake2sRounds: UInt64 = 0
  var bigIntegerOperations: UInt64 = 0
}

/// Why the loop returned. The state's `pc` is at the instruction that caused it, not counted in `cycles` yet.
enum Pause {
  case halted
  case cycleLimit
  case illegal
  /// A load or store outside what is allowed.
  case access
  /// A taken transfer to this address, where no code can be.
  case transfer(UInt32)
  /// The driver reads, writes or does both.
  case hostAccess
  case unknownCSR
  case delegation(DelegationFault)
}

/// Sees every instruction before it executes. ``NoTrace`` compiles to nothing.
protocol InstructionTrace {
  mutating func willExecute(pc: UInt32, cycle: Int, registers: UnsafePointer<UInt32>)
}

struct NoTrace: InstructionTrace {
  @inline(__always)
  mutating func willExecute(pc: UInt32, cycle: Int, registers: UnsafePointer<UInt32>) {}
}

enum Executor {
  /// Executes until something needs the driver.
  ///
  /// Cycles are counted, and the limit is tested, where control is transferred: straight code cannot loop. A run can thus
  /// pass the limit by the length of one straight line before it ends with ``Pause/cycleLimit``.
  @inline(__always)
  static func run<Trace: InstructionTrace>(
    _ state: UnsafeMutablePointer<MachineState>, trace: inout Trace
  ) -> Pause {
    let x = state.pointee.registers
    let memory = state.pointee.memory
    let program = state.pointee.program
    let limit = state.pointee.cycleLimit
    var ip = program + Int(state.pointee.pc / 4)
    // Cycles executed before `ip` are `cycles + (ip - lineStart)`.
    var cycles = state.pointee.cycles
    var lineStart = ip
    let pause: Pause

    loop: while true {
      trace.willExecute(
        pc: UInt32(truncatingIfNeeded: (ip - program) &* 4), cycle: cycles &+ (ip - lineStart), registers: x)
      let i = ip.pointee
      let rd = x + Int(i.rd)
      let immediate = UInt32(bitPattern: i.immediate)
      // Not read by every instruction, but always readable.
      let a = x[Int(i.rs1)]
      let b = x[Int(i.rs2)]
      let isTaken: Bool
      switch i.operation {
      case .constant:
        rd.pointee = immediate
        ip += 1
        continue loop
      case .addImmediate:
        rd.pointee = a &+ immediate
        ip += 1
        continue loop

      case .loadWord:
        let address = a &+ immediate
        guard address & 0xC000_0003 == 0 else {
          pause = .access
          break loop
        }
        rd.pointee = memory.load(fromByteOffset: Int(address), as: UInt32.self)
        ip += 1
        continue loop
      case .storeWord:
        let address = a &+ immediate
        guard address & 0xC000_0003 == 0, address >= AddressSpace.romSize else {
          pause = .access
          break loop
        }
        memory.storeBytes(of: b, toByteOffset: Int(address), as: UInt32.self)
        ip += 1
        continue loop
      case .loadByteUnsigned:
        let address = a &+ immediate
        guard address < AddressSpace.size else {
          pause = .access
          break loop
        }
        rd.pointee = UInt32(memory.load(fromByteOffset: Int(address), as: UInt8.self))
        ip += 1
        continue loop
      case .loadByte:
        let address = a &+ immediate
        guard address < AddressSpace.size else {
          pause = .access
          break loop
        }
        rd.pointee = UInt32(bitPattern: Int32(memory.load(fromByteOffset: Int(address), as: Int8.self)))
        ip += 1
        continue loop
      case .loadHalfUnsigned:
        let address = a &+ immediate
        guard address & 0xC000_0001 == 0 else {
          pause = .access
          break loop
        }
        rd.pointee = UInt32(memory.load(fromByteOffset: Int(address), as: UInt16.self))
        ip += 1
        continue loop
      case .loadHalf:
        let address = a &+ immediate
        guard address & 0xC000_0001 == 0 else {
          pause = .access
          break loop
        }
        rd.pointee = UInt32(bitPattern: Int32(memory.load(fromByteOffset: Int(address), as: Int16.self)))
        ip += 1
        continue loop
      case .storeByte:
        let address = a &+ immediate
        guard address < AddressSpace.size, address >= AddressSpace.romSize else {
          pause = .access
          break loop
        }
        memory.storeBytes(of: UInt8(truncatingIfNeeded: b), toByteOffset: Int(address), as: UInt8.self)
        ip += 1
        continue loop
      case .storeHalf:
        let address = a &+ immediate
        guard address & 0xC000_0001 == 0, address >= AddressSpace.romSize else {
          pause = .access
          break loop
        }
        memory.storeBytes(of: UInt16(truncatingIfNeeded: b), toByteOffset: Int(address), as: UInt16.self)
        ip += 1
        continue loop

      case .setLessImmediate:
        rd.pointee = bit(Int32(bitPattern: a) < i.immediate)
        ip += 1
        continue loop
      case .setLessImmediateUnsigned:
        rd.pointee = bit(a < immediate)
        ip += 1
        continue loop
      case .xorImmediate:
        rd.pointee = a ^ immediate
        ip += 1
        continue loop
      case .orImmediate:
        rd.pointee = a | immediate
        ip += 1
        continue loop
      case .andImmediate:
        rd.pointee = a & immediate
        ip += 1
        continue loop
      case .shiftLeftImmediate:
        rd.pointee = a &<< immediate
        ip += 1
        continue loop
      case .shiftRightImmediate:
        rd.pointee = a &>> immediate
        ip += 1
        continue loop
      case .shiftRightArithmeticImmediate:
        rd.pointee = UInt32(bitPattern: Int32(bitPattern: a) &>> i.immediate)
        ip += 1
        continue loop

      case .add:
        rd.pointee = a &+ b
        ip += 1
        continue loop
      case .subtract:
        rd.pointee = a &- b
        ip += 1
        continue loop
      case .shiftLeft:
        rd.pointee = a &<< b
        ip += 1
        continue loop
      case .setLess:
        rd.pointee = bit(Int32(bitPattern: a) < Int32(bitPattern: b))
        ip += 1
        continue loop
      case .setLessUnsigned:
        rd.pointee = bit(a < b)
        ip += 1
        continue loop
      case .xor:
        rd.pointee = a ^ b
        ip += 1
        continue loop
      case .shiftRight:
        rd.pointee = a &>> b
        ip += 1
        continue loop
      case .shiftRightArithmetic:
        rd.pointee = UInt32(bitPattern: Int32(bitPattern: a) &>> Int32(bitPattern: b))
        ip += 1
        continue loop
      case .or:
        rd.pointee = a | b
        ip += 1
        continue loop
      case .and:
        rd.pointee = a & b
        ip += 1
        continue loop

      case .multiply:
        rd.pointee = a &* b
        ip += 1
        continue loop
      case .multiplyHigh:
        rd.pointee = UInt32(bitPattern: Int32(bitPattern: a).multipliedFullWidth(by: Int32(bitPattern: b)).high)
        ip += 1
        continue loop
      case .multiplyHighSignedUnsigned:
        rd.pointee = UInt32(truncatingIfNeeded: (Int64(Int32(bitPattern: a)) &* Int64(b)) >> 32)
        ip += 1
        continue loop
      case .multiplyHighUnsigned:
        rd.pointee = a.multipliedFullWidth(by: b).high
        ip += 1
        continue loop
      case .divide:
        // MIN / -1 wraps to MIN, which is what the architecture asks for.
        let divided = Int32(bitPattern: a).dividedReportingOverflow(by: Int32(bitPattern: b)).partialValue
        rd.pointee = b == 0 ? .max : UInt32(bitPattern: divided)
        ip += 1
        continue loop
      case .divideUnsigned:
        rd.pointee = b == 0 ? .max : a / b
        ip += 1
        continue loop
      case .remainder:
        let rest = Int32(bitPattern: a).remainderReportingOverflow(dividingBy: Int32(bitPattern: b)).partialValue
        rd.pointee = b == 0 ? a : UInt32(bitPattern: rest)
        ip += 1
        continue loop
      case .remainderUnsigned:
        rd.pointee = b == 0 ? a : a % b
        ip += 1
        continue loop

      case .fieldAdd:
        rd.pointee = Mersenne31.add(a, b)
        ip += 1
        continue loop
      case .fieldSubtract:
        rd.pointee = Mersenne31.subtract(a, b)
        ip += 1
        continue loop
      case .fieldMultiply:
        rd.pointee = Mersenne31.multiply(a, b)
        ip += 1
        continue loop

      case .branchEqual: isTaken = a == b
      case .branchNotEqual: isTaken = a != b
      case .branchLess: isTaken = Int32(bitPattern: a) < Int32(bitPattern: b)
      case .branchGreaterOrEqual: isTaken = Int32(bitPattern: a) >= Int32(bitPattern: b)
      case .branchLessUnsigned: isTaken = a < b
      case .branchGreaterOrEqualUnsigned: isTaken = a >= b

      case .jumpAndLink:
        rd.pointee = UInt32(truncatingIfNeeded: (ip - program) &* 4 &+ 4)
        isTaken = true
      case .jumpAndLinkRegister:
        let target = (a &+ immediate) & ~1
        guard target & 3 == 0, target < AddressSpace.romSize else {
          pause = .transfer(target)
          break loop
        }
        rd.pointee = UInt32(truncatingIfNeeded: (ip - program) &* 4 &+ 4)
        let next = program + Int(target / 4)
        guard next != ip else {
          pause = .halted
          break loop
        }
        cycles &+= ip - lineStart &+ 1
        ip = next
        lineStart = next
        guard cycles < limit else {
          pause = .cycleLimit
          break loop
        }
        continue loop

      case .unusualTransfer:
        let pc = UInt32(truncatingIfNeeded: (ip - program) &* 4)
        guard unusualTransferIsTaken(memory.load(fromByteOffset: Int(pc), as: UInt32.self), a, b) else {
          ip += 1
          continue loop
        }
        // A jump to itself leaves its return address, like any other.
        if i.immediate == 0 {
          if memory.load(fromByteOffset: Int(pc), as: UInt32.self) & 0x7F == 0x6F { rd.pointee = pc &+ 4 }
          pause = .halted
        } else {
          pause = .transfer(pc &+ immediate)
        }
        break loop

      case .bigInteger:
        guard a == 0 else {
          pause = .delegation(.operandNotZero)
          break loop
        }
        if let fault = BigIntegerDelegation.execute(x, memory) {
          pause = .delegation(fault)
          break loop
        }
        state.pointee.bigIntegerOperations &+= 1
        rd.pointee = 0
        ip += 1
        continue loop
      case .blake2sRound:
        guard a == 0 else {
          pause = .delegation(.operandNotZero)
          break loop
        }
        if let fault = Blake2sDelegation.execute(x, memory) {
          pause = .delegation(fault)
          break loop
        }
        state.pointee.blake2sRounds &+= 1
        rd.pointee = 0
        ip += 1
        continue loop
      case .marker:
        rd.pointee = 0
        ip += 1
        continue loop
      case .readHost, .writeHost, .exchangeHost:
        pause = .hostAccess
        break loop
      case .unknownCSR:
        pause = .unknownCSR
        break loop
      case .illegal:
        pause = .illegal
        break loop
      }

      // Branches and JAL meet here.
      guard isTaken else {
        ip += 1
        continue loop
      }
      let next = ip + Int(i.immediate)
      cycles &+= ip - lineStart &+ 1
      ip = next
      lineStart = next
      guard cycles < limit else {
        pause = .cycleLimit
        break loop
      }
    }

    state.pointee.pc = UInt32(truncatingIfNeeded: (ip - program) &* 4)
    state.pointee.cycles = cycles &+ (ip - lineStart)
    return pause
  }

  /// Whether the jump or branch `word` is taken.
  @inline(never)
  private static func unusualTransferIsTaken(_ word: UInt32, _ a: UInt32, _ b: UInt32) -> Bool {
    guard word & 0x7F == 0x63 else { return true }
    switch Fields(word).branchCondition {
    case .branchEqual: return a == b
    case .branchNotEqual: return a != b
    case .branchLess: return Int32(bitPattern: a) < Int32(bitPattern: b)
    case .branchGreaterOrEqual: return Int32(bitPattern: a) >= Int32(bitPattern: b)
    case .branchLessUnsigned: return a < b
    default: return a >= b
    }
  }

  /// 1 for true, without a branch.
  @inline(__always)
  private static func bit(_ condition: Bool) -> UInt32 { UInt32(unsafeBitCast(condition, to: UInt8.self)) }
}
