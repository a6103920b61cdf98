#if arch(x86_64)
  import Glibc

  /// A program translated to x86-64, once and as a whole.
  ///
  /// The translation knows the plain instructions and the 256-bit operations only. At everything else (the host, BLAKE2s,
  /// faults, the end, the cycle limit) it stops *before* the instruction, with the state as the interpreter would have it, and the
  /// interpreter decides what happens. So there is one place that defines how runs end.
  ///
  /// While it runs: rbx = registers, r12 = memory, r13 = cycle counter, r14 = addresses of the translated instructions,
  /// r15 = start of the code; eax, ecx and edx are scratch. Every instruction can be entered. For straight code the count
  /// of cycles is `K + index of the instruction`; a transfer changes K, and r13 holds K − limit.
  final class NativeCode: @unchecked Sendable {  // immutable once built
    /// What the generated code gets and gives back; the layout is known to the prologue.
    struct Frame {
      var registers: UnsafeMutablePointer<UInt32>
      var memory: UnsafeMutableRawPointer
      var offsets: UnsafePointer<UInt32>
      var code: UnsafeMutableRawPointer
      var counter: Int
      var start: UnsafeMutableRawPointer
      /// 256-bit operations executed.
      var bigIntegerOperations: UInt64 = 0

      static let bigIntegerOffset: UInt8 = 48
    }

    private typealias Entry = @convention(c) (UnsafeMutableRawPointer) -> UInt32

    private let code: UnsafeMutableRawPointer
    private let byteCount: Int
    /// Where each instruction of the image begins, from the start of the code.
    private let offsets: UnsafeMutablePointer<UInt32>
    let instructionCount: Int

    /// - Returns: `nil` if the system does not allow code to be generated.
    init?(_ instructions: UnsafePointer<Instruction>, count: Int) {
      let offsets = UnsafeMutablePointer<UInt32>.allocate(capacity: count)
      guard var translator = NativeTranslator(instructions, count: count, offsets: offsets) else {
        offsets.deallocate()
        return nil
      }
      translator.translate()
      guard let sealed = translator.finish() else {
        offsets.deallocate()
        return nil
      }
      (code, byteCount) = sealed
      self.offsets = offsets
      instructionCount = count
    }

    deinit {
      munmap(code, byteCount)
      offsets.deallocate()
    }

    /// Executes until an instruction that the translation leaves to others.
    func run(_ state: UnsafeMutablePointer<MachineState>) -> Pause {
      let entry = unsafeBitCast(code, to: Entry.self)
      let program = state.pointee.program
      let x = state.pointee.registers
      let memory = state.pointee.memory
      while true {
        var index = Int(state.pointee.pc / 4)
        guard index < instructionCount else { break }
        var frame = Frame(
          registers: x, memory: memory, offsets: offsets, code: code,
          counter: state.pointee.cycles - state.pointee.cycleLimit - index, start: code + Int(offsets[index]))
        index = Int(withUnsafeMutablePointer(to: &frame) { entry($0) })
        state.pointee.pc = UInt32(index * 4)
        state.pointee.cycles = frame.counter + state.pointee.cycleLimit + index
        state.pointee.bigIntegerOperations &+= frame.bigIntegerOperations
        let instruction = program[index]
        // A delegation that refuses has changed nothing: the interpreter meets it again and names the reason.
        guard instruction.operation == .blake2sRound, x[Int(instruction.rs1)] == 0,
          Blake2sDelegation.execute(x, memory) == nil
        else { break }
        state.pointee.blake2sRounds &+= 1
        x[Int(instruction.rd)] = 0
        state.pointee.pc += 4
        state.pointee.cycles += 1
      }
      var trace = NoTrace()
      return Executor.run(state, trace: &trace)
    }
  }
#endif
