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
  private let text = StepText()
  private var count = 0
  private var pending: Pending?
  /// Slots that each contract has read or written.
  private var storage: [Address: [UInt256: UInt256]] = [:]

  /// The step under way; its cost is known only after it ran or called.
  private struct Pending {
    var programCounter: Int
    var opcode: Opcode
    var gas: Int64
    var depth: Int
  }

  /// The JSON of the steps, shared by the copies of a logger of which only one is in use.
  private final class StepText {
    /// Finished steps, with commas between them.
    var steps = JSONWriter(capacity: 16_384)
    /// What stands behind the cost of the step under way: it is written before the step runs.
    var rest = JSONWriter(capacity: 4_096)
  }

  /// A logger without steps.
  public init(options: Options = Options()) { self.options = options }

  public static var isActive: Bool { true }
  public static var observesSteps: Bool { true }

  public mutating func willStep(_ frame: FrameView, world: some WorldReader) {
    guard count < options.limit, !isTruncatedByBytes else { return }
    let opcode = Opcode(byte: frame.opcode)
    pending = Pending(
      programCounter: frame.programCounter, opcode: opcode, gas: frame.gas, depth: frame.depth + 1)
    if !options.disableStorage { noteStorage(frame, opcode, world) }
    describe(frame, opcode, refund: world.refund)
  }

  public mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {
    finish(gas: max(0, frame.gas), halt: halt)
  }

  /// A call is finished when its callee begins, since the callee's steps follow it; its cost then is all gas that left the
  /// caller, as geth has it.
  public mutating func enter(_ event: FrameEvent, world: some WorldReader) { finish(gas: event.callerGas, halt: nil) }

  public mutating func leave(_ end: FrameEnd, world: some WorldReader) {}
  public mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {}

  /// Whether steps are missing because of ``Options/byteLimit``.
  public var isTruncatedByBytes: Bool { text.steps.count > options.byteLimit }

  /// The result of the trace: `gas`, `failed`, `returnValue`, `structLogs`.
  public func result(gasUsed: UInt64, failed: Bool, output: [UInt8]) -> [UInt8] {
    var json = JSONWriter(capacity: text.steps.count + 2 * output.count + 128)
    json.beginObject()
    json.key("gas")
    json.number(gasUsed)
    json.key("failed")
    json.boolean(failed)
    json.key("returnValue")
    json.string(Hex.encode(output, prefix: ""))
    json.key("structLogs")
    json.beginArray()
    if count > 0 { json.append(members: text.steps) }
    json.endArray()
    json.endObject()
    return json.bytes
  }

  /// SLOAD and SSTORE show the slots that their contract has touched so far.
  private mutating func noteStorage(_ frame: FrameView, _ opcode: Opcode, _ world: some WorldReader) {
    let stack = frame.stack
    switch opcode {
    case .sload where stack.count >= 1:
      let key = stack[stack.count - 1]
      storage[frame.address, default: [:]][key] = world.peekStorage(frame.address, key)
    case .sstore where stack.count >= 2:
      storage[frame.address, default: [:]][stack[stack.count - 1]] = stack[stack.count - 2]
    default: break
    }
  }

  /// Writes what a step shows of the machine before it.
  private func describe(_ frame: FrameView, _ opcode: Opcode, refund: Int64) {
    text.rest.clear()
    if !options.disableStack {
      text.rest.key("stack")
      text.rest.beginArray()
      for word in frame.stack { text.rest.quantity(word) }
      text.rest.endArray()
    }
    if options.enableReturnData && !frame.returnData.isEmpty {
      text.rest.key("returnData")
      text.rest.data(frame.returnData)
    }
    if options.enableMemory {
      let memory = frame.memory
      text.rest.key("memory")
      text.rest.beginArray()
      for start in stride(from: 0, to: memory.count, by: 32) {
        text.rest.digits(UnsafeRawBufferPointer(rebasing: memory[start..<start + 32]))
      }
      text.rest.endArray()
    }
    if !options.disableStorage && (opcode == .sload || opcode == .sstore) {
      text.rest.key("storage")
      text.rest.beginObject()
      for (key, value) in (storage[frame.address] ?? [:]).sorted(by: { $0.key < $1.key }) {
        text.rest.key(Hex.encode(key.bytes, prefix: ""))
        text.rest.string(Hex.encode(value.bytes, prefix: ""))
      }
      text.rest.endObject()
    }
    if refund > 0 {
      text.rest.key("refund")
      text.rest.number(refund)
    }
  }

  private mutating func finish(gas: Int64, halt: Halt?) {
    guard let step = pending else { return }
    pending = nil
    count += 1
    text.steps.beginObject()
    text.steps.key("pc")
    text.steps.number(step.programCounter)
    text.steps.key("op")
    text.steps.string(step.opcode.mnemonic)
    text.steps.key("gas")
    text.steps.number(Int(step.gas))
    text.steps.key("gasCost")
    text.steps.number(Int(max(0, step.gas - gas)))
    text.steps.key("depth")
    text.steps.number(step.depth)
    if let halt {
      text.steps.key("error")
      text.steps.string(halt.gethMessage)
    }
    if text.rest.count > 0 { text.steps.append(members: text.rest) }
    text.steps.endObject()
  }
}
