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
  public struct Options: Sendable {
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

  private var recorder = StepRecorder()
  private let options: Options
  /// Finished steps as JSON objects.
  private var steps: [[UInt8]] = []
  private var bytes = 0
  /// Slots that each contract has read or written.
  private var storage: [Address: [UInt256: UInt256]] = [:]

  /// A logger without steps.
  public init(options: Options = Options()) { self.options = options }

  public static var isActive: Bool { true }
  public static var observesSteps: Bool { true }

  public mutating func willStep(_ frame: FrameView, world: some WorldReader) {
    guard steps.count < options.limit, !isTruncatedByBytes else { return }
    recorder.begin(
      frame, refund: world.refund, keepsMemory: options.enableMemory, keepsReturnData: options.enableReturnData)
    noteStorage(frame, world)
  }

  public mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {
    if let step = recorder.end(frame, halt: halt) { append(step) }
  }

  public mutating func enter(_ event: FrameEvent, world: some WorldReader) {
    if let step = recorder.enter(event) { append(step) }
  }

  public mutating func leave(_ end: FrameEnd, world: some WorldReader) {}
  public mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {}

  /// Whether steps are missing because of ``Options/byteLimit``.
  public var isTruncatedByBytes: Bool { bytes > options.byteLimit }

  /// The result of the trace: `gas`, `failed`, `returnValue`, `structLogs`.
  public func result(gasUsed: UInt64, failed: Bool, output: [UInt8]) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.key("gas")
    json.number(gasUsed)
    json.key("failed")
    json.boolean(failed)
    json.key("returnValue")
    json.string(Hex.encode(output, prefix: ""))
    json.key("structLogs")
    json.beginArray()
    for step in steps { json.raw(step) }
    json.endArray()
    json.endObject()
    return json.bytes
  }

  /// SLOAD and SSTORE show the slots that their contract has touched so far.
  private mutating func noteStorage(_ frame: FrameView, _ world: some WorldReader) {
    guard !options.disableStorage else { return }
    let stack = frame.stack
    switch Opcode(byte: frame.opcode) {
    case .sload where stack.count >= 1:
      let key = stack[stack.count - 1]
      storage[frame.address, default: [:]][key] = world.peekStorage(frame.address, key)
    case .sstore where stack.count >= 2:
      storage[frame.address, default: [:]][stack[stack.count - 1]] = stack[stack.count - 2]
    default: break
    }
  }

  private mutating func append(_ step: StepRecord) {
    var json = JSONWriter()
    json.beginObject()
    json.key("pc")
    json.number(step.programCounter)
    json.key("op")
    json.string(step.opcode.mnemonic)
    json.key("gas")
    json.number(step.gas)
    json.key("gasCost")
    json.number(max(0, step.gasCost))
    json.key("depth")
    json.number(step.depth)
    if let halt = step.halt {
      json.key("error")
      json.string(halt.gethMessage)
    }
    if !options.disableStack {
      json.key("stack")
      json.beginArray()
      for word in step.stack { json.quantity(word) }
      json.endArray()
    }
    if options.enableReturnData && !step.returnData.isEmpty {
      json.key("returnData")
      json.data(step.returnData)
    }
    if options.enableMemory {
      json.key("memory")
      json.beginArray()
      for start in stride(from: 0, to: step.memory.count, by: 32) {
        json.string(Hex.encode(step.memory[start..<start + 32], prefix: ""))
      }
      json.endArray()
    }
    if !options.disableStorage && (step.opcode == .sload || step.opcode == .sstore) {
      json.key("storage")
      json.beginObject()
      for (key, value) in (storage[step.address] ?? [:]).sorted(by: { $0.key < $1.key }) {
        json.key(Hex.encode(key.bytes, prefix: ""))
        json.string(Hex.encode(value.bytes, prefix: ""))
      }
      json.endObject()
    }
    if step.refund > 0 {
      json.key("refund")
      json.number(step.refund)
    }
    json.endObject()
    bytes += json.count
    steps.append(json.bytes)
  }
}
