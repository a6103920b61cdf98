/// The other side of CSR 0x7C0.
public protocol NonDeterminismSource {
  /// The next word for the guest; `nil` ends the run with ``StopReason/inputExhausted``.
  mutating func read() -> UInt32?
  /// Takes a word from the guest.
  mutating func write(_ word: UInt32)
}

/// One instruction that is about to execute.
public struct TraceStep {
  public let cycle: Int
  public let pc: UInt32
  public let word: UInt32
  /// x0 … x31, valid during the call.
  public let registers: UnsafeBufferPointer<UInt32>
}

/// The proving machine of ZKsync OS: one RISC-V hart without traps, 1 GiB of memory, words from and to a host, and delegated
/// computations. It runs any flat image; the program says which ``MachineKind`` it is.
///
/// Registers and memory are zero and pc is 0 at the start of every run. The run ends when the guest jumps to itself, or
/// with a typed reason. Differences from the recording simulator of zksync-airbender, both on the strict side of what
/// can be proved: stores below 2 MiB and code outside the ROM end the run.
///
/// A machine runs one guest at a time and belongs to one thread at a time. Programs are shared.
public final class Machine {
  public let program: Program
  private let memory: LazyMemory
  private var isFresh = true

  /// - Throws: ``AirbenderError/outOfMemory``.
  public init(_ program: Program) throws(AirbenderError) {
    guard let memory = LazyMemory(byteCount: Int(AddressSpace.size)) else { throw .outOfMemory }
    self.program = program
    self.memory = memory
  }

  /// Runs the program from the start.
  ///
  /// - Parameters:
  ///   - source: answers the guest.
  ///   - cycleLimit: a run of more cycles ends with ``StopReason/cycleLimit`` at the next transfer of control.
  ///   - trace: called before each instruction; a traced run is interpreted, and many times slower.
  public func run(
    _ source: inout some NonDeterminismSource, cycleLimit: Int = 1 << 30, trace: ((TraceStep) -> Void)? = nil
  ) -> RunReport {
    load()
    return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Instruction.registerFileSize) { registers in
      registers.initialize(repeating: 0)
      var state = MachineState(
        registers: registers.baseAddress!, memory: memory.base, program: UnsafePointer(program.instructions),
        cycleLimit: cycleLimit)
      return withUnsafeMutablePointer(to: &state) { state in
        if let trace {
          var tracer = ClosureTrace(program: program, body: trace)
          return drive(state, &source) { Executor.run($0, trace: &tracer) }
        }
        #if arch(x86_64)
          if let native = program.native { return drive(state, &source) { native.run($0) } }
        #endif
        return drive(state, &source) {
          var tracer = NoTrace()
          return Executor.run($0, trace: &tracer)
        }
      }
    }
  }

  /// `count` bytes of guest memory as the last run left them; empty when they do not lie in the address space.
  public func bytes(at address: UInt32, count: Int) -> [UInt8] {
    guard count >= 0, Int(address) + count <= Int(AddressSpace.size) else { return [] }
    return Array(UnsafeRawBufferPointer(start: memory.base + Int(address), count: count))
  }

  private func load() {
    if !isFresh { memory.clear() }
    isFresh = false
    program.words.withUnsafeBytes { memory.base.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
  }

  /// Alternates between the loop and what the loop leaves to others: the host's words and the end.
  private func drive(
    _ state: UnsafeMutablePointer<MachineState>, _ source: inout some NonDeterminismSource,
    _ execute: (UnsafeMutablePointer<MachineState>) -> Pause
  ) -> RunReport {
    let x = state.pointee.registers
    var wordsRead: UInt64 = 0, wordsWritten: UInt64 = 0
    while true {
      let stop: StopReason
      let pause = execute(state)
      let instruction = program.instructions[Int(state.pointee.pc / 4)]
      switch pause {
      case .hostAccess:
        let written = x[Int(instruction.rs1)]
        if instruction.operation != .writeHost {
          guard let word = source.read() else {
            stop = .inputExhausted
            break
          }
          wordsRead += 1
          x[Int(instruction.rd)] = word
        }
        if instruction.operation != .readHost {
          source.write(written)
          wordsWritten += 1
        }
        state.pointee.pc += 4
        state.pointee.cycles += 1
        continue
      case .halted: stop = state.pointee.cycles < state.pointee.cycleLimit ? .halted : .cycleLimit
      case .cycleLimit: stop = .cycleLimit
      case .illegal: stop = .badInstruction(program.word(at: state.pointee.pc))
      case .access: stop = accessFault(instruction, x)
      case .transfer(let target):
        let fault: AccessFault = target & 3 != 0 ? .misaligned : .outOfRange
        stop = .badAccess(.fetch, address: target, reason: fault)
      case .unknownCSR:
        let number = UInt16(instruction.immediate)
        stop = number == CSR.abort ? .guestAbort : .unknownCSR(number)
      case .delegation(let fault): stop = .badDelegation(fault)
      }
      return RunReport(
        stop: stop, pc: state.pointee.pc, registers: (0..<32).map { x[$0] }, cycles: UInt64(state.pointee.cycles + 1),
        blake2sRounds: state.pointee.blake2sRounds, bigIntegerOperations: state.pointee.bigIntegerOperations,
        wordsRead: wordsRead, wordsWritten: wordsWritten)
    }
  }

  private func accessFault(_ instruction: Instruction, _ x: UnsafeMutablePointer<UInt32>) -> StopReason {
    let address = x[Int(instruction.rs1)] &+ UInt32(bitPattern: instruction.immediate)
    let (access, size): (StopReason.Access, UInt32) =
      switch instruction.operation {
      case .loadWord: (.load, 4)
      case .loadHalf, .loadHalfUnsigned: (.load, 2)
      case .storeWord: (.store, 4)
      case .storeHalf: (.store, 2)
      case .storeByte: (.store, 1)
      default: (.load, 1)
      }
    let reason: AccessFault =
      address >= AddressSpace.size ? .outOfRange : address % size != 0 ? .misaligned : .readOnly
    return .badAccess(access, address: address, reason: reason)
  }
}

/// Hands every step to a closure.
private struct ClosureTrace: InstructionTrace {
  let program: Program
  let body: (TraceStep) -> Void

  mutating func willExecute(pc: UInt32, cycle: Int, registers: UnsafePointer<UInt32>) {
    body(
      TraceStep(
        cycle: cycle, pc: pc, word: program.word(at: pc),
        registers: UnsafeBufferPointer(start: registers, count: 32)))
  }
}

/// Words prepared before the run, as a prover has them: each read takes the next one, writes are dropped.
public struct WordQueue: NonDeterminismSource {
  private let words: [UInt32]
  public private(set) var position = 0

  public init(_ words: [UInt32]) { self.words = words }

  /// Words not read yet.
  public var remaining: Int { words.count - position }

  public mutating func read() -> UInt32? {
    guard position < words.count else { return nil }
    defer { position += 1 }
    return words[position]
  }

  public mutating func write(_ word: UInt32) {}
}
