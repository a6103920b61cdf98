// The frames of a machine: made once per depth, reused by every execution.

import Glibc
import Primitives
import Synchronization

/// The frames of a machine, one per call depth, with their stacks, memories and return buffers.
///
/// A frame is made when an execution first reaches its depth, which the gas of a call paid for, and kept.
@usableFromInline
final class FramePool {
  /// Slots for the frames of depth 0 … 1,024.
  @usableFromInline let slots: UnsafeMutablePointer<UnsafeMutablePointer<Frame>?>
  @usableFromInline let environment: UnsafeMutablePointer<ExecutionEnvironment>
  /// The workspace in which hot blocks are translated.
  @usableFromInline let translator: UnsafeMutablePointer<Translator>
  private var count = 0

  /// A stack is 32 KiB; the other half of its aligned block lets the interpreter read its height off its pointer, and
  /// serves as scratch space to the block interpreter.
  private static var stackBytes: Int { 65_536 }
  private static var slotCount: Int { 1025 }
  /// Memory beyond this size is given back when an execution ends: little for deep frames, which are many and rare.
  private static func keptMemory(depth: Int) -> Int { depth < 16 ? 1 << 18 : 1 << 14 }

  @usableFromInline
  init(truncatesShifts: Bool) {
    slots = .allocate(capacity: FramePool.slotCount)
    slots.initialize(repeating: nil, count: FramePool.slotCount)
    environment = .allocate(capacity: 1)
    environment.initialize(to: ExecutionEnvironment())
    translator = .allocate(capacity: 1)
    translator.initialize(to: Translator(truncatesShifts: truncatesShifts))
  }

  deinit {
    for depth in 0..<count {
      guard let frame = slots[depth] else { continue }
      free(frame.pointee.memory)
      frame.pointee.returnData.deallocate()
      UnsafeMutableRawPointer(frame.pointee.stackBase).deallocate()
      frame.deallocate()
    }
    slots.deallocate()
    environment.deinitialize(count: 1)
    environment.deallocate()
    translator.pointee.deallocate()
    translator.deallocate()
  }

  /// The frame of a depth, made if need be. `depth` is at most 1,024.
  @inlinable
  func frame(_ depth: Int) -> UnsafeMutablePointer<Frame> {
    if let frame = slots[depth] { return frame }
    return makeFrame(depth)
  }

  @usableFromInline @inline(never)
  func makeFrame(_ depth: Int) -> UnsafeMutablePointer<Frame> {
    precondition(depth < FramePool.slotCount, "the host let a call below 1,024 others run")
    let stack = UnsafeMutableRawPointer.allocate(byteCount: FramePool.stackBytes, alignment: FramePool.stackBytes)
    let frame = UnsafeMutablePointer<Frame>.allocate(capacity: 1)
    frame.initialize(
      to: Frame(
        stack: stack.assumingMemoryBound(to: UInt256.self), environment: environment, translator: translator))
    slots[depth] = frame
    count = max(count, depth + 1)
    return frame
  }

  /// Gives back what large executions left in the frames up to `depth`.
  @usableFromInline
  func trim(to depth: Int) {
    for slot in 0...depth {
      guard let frame = slots[slot] else { continue }
      let kept = FramePool.keptMemory(depth: slot)
      if frame.pointee.memoryCapacity > kept {
        free(frame.pointee.memory)
        frame.pointee.memoryCapacity = Frame.initialMemory
        frame.pointee.memory = Frame.makeMemory()
      }
      frame.pointee.returnData.trim(to: kept)
    }
  }
}

extension Frame {
  static var initialMemory: Int { 4096 }

  static func makeMemory() -> UnsafeMutablePointer<UInt8> {
    guard let memory = malloc(initialMemory) else { preconditionFailure("no memory for a frame") }
    return memory.assumingMemoryBound(to: UInt8.self)
  }

  /// What frames without a translation refer to.
  private nonisolated(unsafe) static let noNumbers = UnsafeMutablePointer<Atomic<Int16>>.allocate(capacity: 1)
  private nonisolated(unsafe) static let noSegments =
    UnsafeMutablePointer<UnsafeMutablePointer<BlockEntry>>.allocate(capacity: 1)

  /// An idle frame.
  init(
    stack: UnsafeMutablePointer<UInt256>, environment: UnsafeMutablePointer<ExecutionEnvironment>,
    translator: UnsafeMutablePointer<Translator>
  ) {
    stackBase = stack
    sp = stack
    self.environment = environment
    code = .passUnretained(.empty)
    codeBase = UnsafePointer(Code.empty.base)
    codeCount = 0
    destinations = UnsafePointer(Code.empty.destinations)
    resumption = nil
    translation = nil
    numbers = UnsafePointer(Frame.noNumbers)
    segments = UnsafePointer(Frame.noSegments)
    self.translator = translator
    pc = codeBase
    table = EthereumRules(.cancun).table
    meter = Meter(gas: 0)
    memory = Frame.makeMemory()
    memorySize = 0
    memoryCapacity = Frame.initialMemory
    memoryGas = 0
    memoryLimit = 0
    input = codeBase
    inputCount = 0
    address = .zero
    caller = .zero
    value = .zero
    isStatic = false
    isConstructor = false
    depth = 0
    returnData = ReturnData()
    operands = PendingOperands()
    halt = .outOfGas
  }

  /// Prepares the frame to run `newCode`, which it retains until ``end()``. Context fields are the caller's to set.
  @inlinable
  mutating func begin(
    _ newCode: Code, meter: Meter, table: UnsafePointer<InstructionTable>, input: UnsafeRawBufferPointer,
    memoryLimit: Int, depth: Int
  ) {
    code = .passRetained(newCode)
    codeBase = UnsafePointer(newCode.base)
    codeCount = newCode.count
    destinations = UnsafePointer(newCode.destinations)
    pc = codeBase
    sp = stackBase
    self.meter = meter
    self.table = table
    memorySize = 0
    memoryGas = 0
    self.memoryLimit = memoryLimit
    self.input = input.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? codeBase
    inputCount = input.count
    self.depth = depth
    returnData.clear()
    chooseTier(newCode)
  }

  /// Lets go of the code.
  @inlinable
  mutating func end() { code.release() }

  /// The memory range in the operands.
  @inlinable
  var operandBytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: memory + operands.offset, count: operands.count)
  }

  @inlinable
  mutating func push(_ word: UInt256) {
    sp.pointee = word
    sp += 1
  }
}
