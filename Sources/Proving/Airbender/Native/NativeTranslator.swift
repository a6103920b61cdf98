#if arch(x86_64)
  /// Writes the machine code of a program, instruction by instruction, in order. See ``NativeCode`` for what the registers
  /// hold.
  struct NativeTranslator: ~Copyable {
    var buffer: CodeBuffer
    private let instructions: UnsafePointer<Instruction>
    private let count: Int
    private let offsets: UnsafeMutablePointer<UInt32>
    /// Distances to fill in: to translated instructions, and to the exits of instructions.
    private var jumps: [(place: Int, target: Int)] = []
    private var exits: [(place: Int, index: Int)] = []
    /// Where the shared end of all exits begins.
    private var epilogue = 0
    /// The routine of the 256-bit operations.
    private var bigInteger = 0

    /// No instruction needs more.
    private static let longest = 112

    init?(_ instructions: UnsafePointer<Instruction>, count: Int, offsets: UnsafeMutablePointer<UInt32>) {
      guard let buffer = CodeBuffer(capacity: (count + 64) * (Self.longest + 10)) else { return nil }
      self.buffer = buffer
      self.instructions = instructions
      self.count = count
      self.offsets = offsets
    }

    mutating func translate() {
      frame()
      bigInteger = writeBigInteger()
      for index in 0..<count {
        offsets[index] = UInt32(buffer.count)
        translate(instructions[index], index)
      }
      // Code that runs past the image is stopped at the place after it.
      exit(count)
      for jump in jumps { buffer.patch(jump.place, to: Int(offsets[jump.target])) }
      writeExits()
    }

    consuming func finish() -> (code: UnsafeMutableRawPointer, byteCount: Int)? { buffer.seal() }

    // MARK: Frame

    /// Saves what the caller owns, loads the fixed registers from the frame in rdi, and goes to the start; then the shared
    /// end, which keeps the counter. The index of the instruction is in eax.
    private mutating func frame() {
      buffer.emit(0x53, 0x55)  // push rbx, rbp
      for register in 0x54...0x57 as ClosedRange<UInt8> { buffer.emit(0x41, register) }  // push r12 … r15
      buffer.emit(0x48, 0x89, 0xFD)  // mov rbp, rdi
      buffer.emit(0x48, 0x8B, 0x1F)  // mov rbx, [rdi]
      buffer.emit(0x4C, 0x8B, 0x67, 8)  // mov r12, [rdi + 8]
      buffer.emit(0x4C, 0x8B, 0x77, 16)  // mov r14, [rdi + 16]
      buffer.emit(0x4C, 0x8B, 0x7F, 24)  // mov r15, [rdi + 24]
      buffer.emit(0x4C, 0x8B, 0x6F, 32)  // mov r13, [rdi + 32]
      buffer.emit(0xFF, 0x67, 40)  // jmp [rdi + 40]
      epilogue = buffer.count
      buffer.emit(0x4C, 0x89, 0x6D, 32)  // mov [rbp + 32], r13
      for register in (0x5C...0x5F as ClosedRange<UInt8>).reversed() { buffer.emit(0x41, register) }  // pop r15 … r12
      buffer.emit(0x5D, 0x5B, 0xC3)  // pop rbp, rbx; ret
    }

    /// Leaves before the instruction `index`.
    private mutating func exit(_ index: Int) {
      buffer.emit(0xE9)
      noteExit(index)
    }

    /// Leaves before the instruction `index` if the condition (of a `jcc`) holds.
    private mutating func exit(_ index: Int, if condition: UInt8) {
      buffer.emit(0x0F, 0x80 | condition)
      noteExit(index)
    }

    private mutating func noteExit(_ index: Int) {
      exits.append((buffer.count, index))
      buffer.emit32(0)
    }

    private mutating func writeExits() {
      var previous: (index: Int, place: Int)?
      for exit in exits {
        if let previous, previous.index == exit.index {
          buffer.patch(exit.place, to: previous.place)
          continue
        }
        let place = buffer.count
        buffer.patch(exit.place, to: place)
        buffer.emit(0xB8)  // mov eax, index
        buffer.emit32(Int32(exit.index))
        buffer.emit(0xE9)  // jmp epilogue
        buffer.emit32(Int32(epilogue - buffer.count - 4))
        previous = (exit.index, place)
      }
    }

    // MARK: Pieces of instructions

    enum Scratch: UInt8 { case eax = 0, ecx = 1, edx = 2 }

    /// Conditions of `jcc` and `setcc`.
    private enum Condition {
      static let below: UInt8 = 2, aboveOrEqual: UInt8 = 3, equal: UInt8 = 4, notEqual: UInt8 = 5
      static let less: UInt8 = 12, greaterOrEqual: UInt8 = 13
    }

    /// `opcode reg, [rbx + 4·guest]`.
    private mutating func memory(_ opcode: UInt8, _ register: UInt8, _ guest: UInt8) {
      buffer.emit(opcode, 0x43 | register << 3, guest * 4)
    }

    mutating func load(_ register: Scratch, _ guest: UInt8) { memory(0x8B, register.rawValue, guest) }

    /// Stores a result, unless it goes to x0.
    mutating func store(_ register: Scratch, _ guest: UInt8) {
      if guest != Instruction.discard { memory(0x89, register.rawValue, guest) }
    }

    /// Stores a constant, unless it goes to x0.
    private mutating func store(constant: Int32, _ guest: UInt8) {
      guard guest != Instruction.discard else { return }
      memory(0xC7, 0, guest)
      buffer.emit32(constant)
    }

    /// `opcode eax, immediate` of the group add /0, or /1, and /4, sub /5, xor /6, cmp /7.
    private mutating func immediate(_ operation: UInt8, _ value: Int32) {
      buffer.emit(0x81, 0xC0 | operation << 3)
      buffer.emit32(value)
    }

    /// eax := rs1 + immediate.
    private mutating func address(_ i: Instruction) {
      load(.eax, i.rs1)
      if i.immediate != 0 { immediate(0, i.immediate) }
    }

    /// eax := rs1 + immediate; leaves if a bit of `mask` is set in it.
    private mutating func checkedAddress(_ i: Instruction, _ index: Int, mask: UInt32) {
      address(i)
      buffer.emit(0xA9)  // test eax, mask
      buffer.emit32(Int32(bitPattern: mask))
      exit(index, if: Condition.notEqual)
    }

    // MARK: Instructions

    private mutating func translate(_ i: Instruction, _ index: Int) {
      switch i.operation {
      case .constant: store(constant: i.immediate, i.rd)
      case .addImmediate: immediateArithmetic(i, 0)
      case .orImmediate: immediateArithmetic(i, 1)
      case .andImmediate: immediateArithmetic(i, 4)
      case .xorImmediate: immediateArithmetic(i, 6)
      case .shiftLeftImmediate: shift(i, 0xE0)
      case .shiftRightImmediate: shift(i, 0xE8)
      case .shiftRightArithmeticImmediate: shift(i, 0xF8)
      case .add: arithmetic(i, 0x03)
      case .subtract: arithmetic(i, 0x2B)
      case .xor: arithmetic(i, 0x33)
      case .or: arithmetic(i, 0x0B)
      case .and: arithmetic(i, 0x23)
      case .shiftLeft: variableShift(i, 0xE0)
      case .shiftRight: variableShift(i, 0xE8)
      case .shiftRightArithmetic: variableShift(i, 0xF8)
      case .setLessImmediate: set(i, Condition.less, comparesImmediate: true)
      case .setLessImmediateUnsigned: set(i, Condition.below, comparesImmediate: true)
      case .setLess: set(i, Condition.less, comparesImmediate: false)
      case .setLessUnsigned: set(i, Condition.below, comparesImmediate: false)
      case .multiply:
        load(.eax, i.rs1)
        buffer.emit(0x0F)  // imul eax, [rs2]
        memory(0xAF, 0, i.rs2)
        store(.eax, i.rd)
      case .multiplyHigh: multiplyHigh(i, 5)
      case .multiplyHighUnsigned: multiplyHigh(i, 4)

      case .loadWord: load(i, index, mask: 0xC000_0003, [0x41, 0x8B])
      case .loadHalf: load(i, index, mask: 0xC000_0001, [0x41, 0x0F, 0xBF])
      case .loadHalfUnsigned: load(i, index, mask: 0xC000_0001, [0x41, 0x0F, 0xB7])
      case .loadByte: load(i, index, mask: 0xC000_0000, [0x41, 0x0F, 0xBE])
      case .loadByteUnsigned: load(i, index, mask: 0xC000_0000, [0x41, 0x0F, 0xB6])
      case .storeWord: store(i, index, mask: 0xC000_0003, [0x41, 0x89])
      case .storeHalf: store(i, index, mask: 0xC000_0001, [0x66, 0x41, 0x89])
      case .storeByte: store(i, index, mask: 0xC000_0000, [0x41, 0x88])

      case .branchEqual: branch(i, index, unless: Condition.notEqual)
      case .branchNotEqual: branch(i, index, unless: Condition.equal)
      case .branchLess: branch(i, index, unless: Condition.greaterOrEqual)
      case .branchGreaterOrEqual: branch(i, index, unless: Condition.less)
      case .branchLessUnsigned: branch(i, index, unless: Condition.aboveOrEqual)
      case .branchGreaterOrEqualUnsigned: branch(i, index, unless: Condition.below)
      case .jumpAndLink:
        guard index + Int(i.immediate) < count else { return exit(index) }
        store(constant: Int32(index * 4 + 4), i.rd)
        transfer(index, to: index + Int(i.immediate))
      case .jumpAndLinkRegister: jump(i, index)

      case .fieldAdd: fieldAdd(i)
      case .fieldSubtract: fieldSubtract(i)
      case .fieldMultiply: fieldMultiply(i)

      case .bigInteger: bigInteger(i, index)
      case .illegal, .unusualTransfer, .multiplyHighSignedUnsigned, .divide, .divideUnsigned, .remainder,
        .remainderUnsigned, .readHost, .writeHost, .exchangeHost, .blake2sRound, .marker, .unknownCSR:
        exit(index)
      }
    }

    /// The source register must hold zero; x0 always does.
    private mutating func bigInteger(_ i: Instruction, _ index: Int) {
      if i.rs1 != 0 {
        load(.eax, i.rs1)
        buffer.emit(0x85, 0xC0)  // test eax, eax
        exit(index, if: Condition.notEqual)
      }
      buffer.emit(0xE8)  // call
      buffer.emit32(Int32(bigInteger - buffer.count - 4))
      exit(index, if: Condition.below)
      store(constant: 0, i.rd)
    }

    private mutating func immediateArithmetic(_ i: Instruction, _ operation: UInt8) {
      load(.eax, i.rs1)
      if i.immediate != 0 || operation == 4 { immediate(operation, i.immediate) }
      store(.eax, i.rd)
    }

    private mutating func arithmetic(_ i: Instruction, _ opcode: UInt8) {
      load(.eax, i.rs1)
      memory(opcode, 0, i.rs2)
      store(.eax, i.rd)
    }

    private mutating func shift(_ i: Instruction, _ operation: UInt8) {
      load(.eax, i.rs1)
      buffer.emit(0xC1, operation, UInt8(i.immediate))
      store(.eax, i.rd)
    }

    /// The processor takes the count modulo 32, as RISC-V does.
    private mutating func variableShift(_ i: Instruction, _ operation: UInt8) {
      load(.ecx, i.rs2)
      load(.eax, i.rs1)
      buffer.emit(0xD3, operation)
      store(.eax, i.rd)
    }

    private mutating func set(_ i: Instruction, _ condition: UInt8, comparesImmediate: Bool) {
      load(.eax, i.rs1)
      if comparesImmediate { immediate(7, i.immediate) } else { memory(0x3B, 0, i.rs2) }
      buffer.emit(0x0F, 0x90 | condition, 0xC0)  // setcc al
      buffer.emit(0x0F, 0xB6, 0xC0)  // movzx eax, al
      store(.eax, i.rd)
    }

    private mutating func multiplyHigh(_ i: Instruction, _ operation: UInt8) {
      load(.eax, i.rs1)
      memory(0xF7, operation, i.rs2)
      store(.edx, i.rd)
    }

    /// The last bytes name `[r12 + rax]`. Into x0, too, the access is made.
    private mutating func load(_ i: Instruction, _ index: Int, mask: UInt32, _ opcode: [UInt8]) {
      checkedAddress(i, index, mask: mask)
      for byte in opcode { buffer.emit(byte) }
      buffer.emit(0x04, 0x04)
      store(.eax, i.rd)
    }

    private mutating func store(_ i: Instruction, _ index: Int, mask: UInt32, _ opcode: [UInt8]) {
      checkedAddress(i, index, mask: mask)
      immediate(7, Int32(AddressSpace.romSize))
      exit(index, if: Condition.below)
      load(.ecx, i.rs2)
      for byte in opcode { buffer.emit(byte) }
      buffer.emit(0x0C, 0x04)
    }

    private mutating func branch(_ i: Instruction, _ index: Int, unless condition: UInt8) {
      let target = index + Int(i.immediate)
      load(.eax, i.rs1)
      memory(0x3B, 0, i.rs2)
      buffer.emit(0x70 | condition, 0)
      let place = buffer.count - 1
      if target < count { transfer(index, to: target) } else { exit(index) }
      buffer.patchShort(place)
    }

    /// Goes to a known instruction, unless the cycle limit is met.
    private mutating func transfer(_ index: Int, to target: Int) {
      checkLimit(index)
      addToCounter(index + 1 - target)
      buffer.emit(0xE9)
      jumps.append((buffer.count, target))
      buffer.emit32(0)
    }

    /// Leaves if the cycles including this instruction reach the limit: K − limit ≥ −(index + 1).
    private mutating func checkLimit(_ index: Int) {
      buffer.emit(0x49, 0x81, 0xFD)  // cmp r13, −(index + 1)
      buffer.emit32(-Int32(index + 1))
      exit(index, if: Condition.greaterOrEqual)
    }

    private mutating func addToCounter(_ amount: Int) {
      buffer.emit(0x49, 0x81, 0xC5)  // add r13, amount
      buffer.emit32(Int32(amount))
    }

    private mutating func jump(_ i: Instruction, _ index: Int) {
      address(i)
      immediate(4, -2)
      buffer.emit(0xA8, 0x03)  // test al, 3
      exit(index, if: Condition.notEqual)
      buffer.emit(0x89, 0xC1)  // mov ecx, eax
      buffer.emit(0xC1, 0xE9, 2)  // shr ecx, 2
      for (bound, condition) in [(Int32(count), Condition.aboveOrEqual), (Int32(index), Condition.equal)] {
        buffer.emit(0x81, 0xF9)  // cmp ecx, bound
        buffer.emit32(bound)
        exit(index, if: condition)
      }
      checkLimit(index)
      addToCounter(index + 1)
      buffer.emit(0x49, 0x29, 0xCD)  // sub r13, rcx
      store(constant: Int32(index * 4 + 4), i.rd)
      buffer.emit(0x41, 0x8B, 0x04, 0x8E)  // mov eax, [r14 + 4·rcx]
      buffer.emit(0x4C, 0x01, 0xF8)  // add rax, r15
      buffer.emit(0xFF, 0xE0)  // jmp rax
    }
  }
#endif
