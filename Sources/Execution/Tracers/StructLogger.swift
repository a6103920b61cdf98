// The default tracer of debug_traceTransaction: a log of structured steps.

import EVM
import JSON
import Primitives

/// Collects geth's `structLogs`.
///
/// Memory and return data are off and the stack and storage on by default, as in geth's options. What is collected is
/// bounded: steps beyond ``Options/limit`` are not kept.
public struct StructLogger: Tracer {
  /// geth's trace options, with the same meaning.
  public struct Options: Sendable, Equatable {
    /// Leave the stack out of each step.
    public var disableStack = false
    /// Leave out the slots that the contract has touched.
    public var disableStorage = false
    /// Put the memory into each step.
    public var enableMemory = false
    /// Put the return data into each step.
    public var enableReturnData = false
    /// Most steps that are kept.
    public var limit = 1_000_000
    /// Bytes of the steps that are kept; with the step that exceeds it, keeping ends.
    public var byteLimit = Int.max

    /// geth's defaults.
    public init() {}
  }

  private let options: Options
  private let output: TraceText
  private let text = StepText()
  private var count = 0
  private var pending: Pending?
  /// What a step shows of the machine besides its stack; most show nothing.
  private let rest = RestOfStep()
  private var hasRest = false
  /// The refund as the last step that could change it left it, and whether there was one since it was read.
  private var refund: Int64 = 0
  private var refundIsStale = true
  /// Slots that each contract has read or written.
  private var storage: [Address: SlotText] = [:]
  /// Whether steps have gone to the output before the trace is whole.
  private var hasBegun = false
  private let showsRest: Bool
  private let isTaken: Bool

  /// Bytes of steps with which they begin to go out. A shorter trace is written when it is whole, in geth's order of members.
  private static let beginsAt = 1 << 18
  /// Bytes that go out together after that.
  private static let piece = TraceText.piece

  /// The step under way; its cost is known only after it ran or called.
  private struct Pending {
    var programCounter: Int
    var opcode: UInt8
    var gas: Int64
    var depth: Int
  }

  /// Shared by the copies of a logger, of which only one is in use.
  private final class RestOfStep {
    var json = JSONWriter(capacity: 1_024)
  }

  /// - Parameter output: gets the trace, one JSON object; where it is taken while it grows, a long one goes there step by step.
  public init(options: Options = Options(), into output: TraceText) {
    self.options = options
    self.output = output
    isTaken = output.isTaken
    showsRest = options.enableMemory || options.enableReturnData
  }

  public static var isActive: Bool { true }
  public static var observesSteps: Bool { true }

  public mutating func willStep(_ frame: FrameView, world: some WorldReader) {
    guard count < options.limit, !isTruncatedByBytes else { return }
    let opcode = frame.opcode
    pending = Pending(
      programCounter: frame.programCounter, opcode: opcode, gas: frame.gas, depth: frame.depth &+ 1)
    if !options.disableStack { text.prepare(frame.stack) }
    let isStorage =
      !options.disableStorage && (opcode == Opcode.sload.rawValue || opcode == Opcode.sstore.rawValue)
    if refundIsStale {
      refund = world.refund
      refundIsStale = false
    }
    if opcode == Opcode.sstore.rawValue || opcode == Opcode.selfdestruct.rawValue { refundIsStale = true }
    hasRest = isStorage || showsRest || refund > 0
    guard hasRest else { return }
    if isStorage { noteStorage(frame, Opcode(byte: opcode), world) }
    describe(frame, showsStorage: isStorage)
  }

  public mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {
    finish(gas: max(0, frame.gas), halt: halt)
  }

  /// A call is finished when its callee begins, since the callee's steps follow it; its cost then is all gas that left the
  /// caller, as geth has it.
  public mutating func enter(_ event: FrameEvent, world: some WorldReader) { finish(gas: event.callerGas, halt: nil) }

  /// A frame that is undone takes its refund back.
  public mutating func leave(_ end: FrameEnd, world: some WorldReader) { refundIsStale = true }
  public mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {}

  /// Whether steps are missing because of ``Options/byteLimit``.
  public var isTruncatedByBytes: Bool { text.count > options.byteLimit }

  /// Ends the trace: an object with `gas`, `failed`, `returnValue` and `structLogs`. In one that has begun to go out,
  /// `structLogs` comes first.
  public mutating func end(gasUsed: UInt64, failed: Bool, output returned: [UInt8]) {
    if hasBegun {
      passSteps()
      output.json.endArray()
    } else {
      output.json.beginObject()
    }
    output.json.key("gas")
    output.json.number(gasUsed)
    output.json.key("failed")
    output.json.boolean(failed)
    output.json.key("returnValue")
    output.json.data(returned)
    if !hasBegun {
      output.json.key("structLogs")
      output.json.beginArray()
      if count > 0 { output.json.members(text.bytes) }
      output.json.endArray()
    }
    output.json.endObject()
  }

  /// SLOAD and SSTORE show the slots that their contract has touched so far.
  private mutating func noteStorage(_ frame: FrameView, _ opcode: Opcode, _ world: some WorldReader) {
    let stack = frame.stack
    switch opcode {
    case .sload where stack.count >= 1:
      let key = stack[stack.count - 1]
      storage[frame.address, default: SlotText()].set(key, world.peekStorage(frame.address, key))
    case .sstore where stack.count >= 2:
      storage[frame.address, default: SlotText()].set(stack[stack.count - 1], stack[stack.count - 2])
    default: break
    }
  }

  /// Writes what a step shows of the machine before it, but for the stack.
  private func describe(_ frame: FrameView, showsStorage: Bool) {
    rest.json.clear()
    if options.enableReturnData && !frame.returnData.isEmpty {
      rest.json.key("returnData")
      rest.json.data(frame.returnData)
    }
    if options.enableMemory {
      let memory = frame.memory
      if !memory.isEmpty {
        rest.json.key("memory")
        rest.json.beginArray()
        for start in stride(from: 0, to: memory.count, by: 32) {
          rest.json.data(UnsafeRawBufferPointer(rebasing: memory[start..<start + 32]))
        }
        rest.json.endArray()
      }
    }
    if showsStorage, let slots = storage[frame.address] {
      rest.json.key("storage")
      rest.json.beginObject()
      slots.withMembers { rest.json.members($0) }
      rest.json.endObject()
    }
    if refund > 0 {
      rest.json.key("refund")
      rest.json.number(Int(refund))
    }
  }

  private mutating func finish(gas: Int64, halt: Halt?) {
    guard let step = pending else { return }
    pending = nil
    count &+= 1
    func write(_ rest: UnsafeRawBufferPointer) {
      text.finish(
        programCounter: step.programCounter, opcode: step.opcode, gas: step.gas, cost: step.gas &- gas,
        depth: step.depth, error: halt?.gethMessage, showsStack: !options.disableStack, rest: rest)
    }
    if hasRest {
      rest.json.withUnsafeBytes { write($0) }
    } else {
      write(UnsafeRawBufferPointer(start: nil, count: 0))
    }
    if isTaken, text.count >= (hasBegun ? Self.piece : Self.beginsAt) { passSteps() }
  }

  /// Sends the finished steps on their way.
  private mutating func passSteps() {
    if !hasBegun {
      hasBegun = true
      output.json.beginObject()
      output.json.key("structLogs")
      output.json.beginArray()
    }
    if text.count > 0 { output.json.members(text.bytes) }
    text.clear()
    output.pass()
  }
}
