// One JSON line per instruction (EIP-3155).

import EVM
import JSON
import Primitives

/// Writes a line per instruction, as `evm --json` of geth does: `pc`, `op`, `gas`, `gasCost`, `memSize`, `stack`,
/// `depth`, `refund`, `opName`, and `error` where the instruction halts.
public struct EIP3155Tracer: Tracer {
  private var recorder = StepRecorder()
  private let sink: (UnsafeRawBufferPointer) -> Void

  /// - Parameter sink: receives each line, without a line break; the bytes are valid during the call only.
  public init(sink: @escaping (UnsafeRawBufferPointer) -> Void) { self.sink = sink }

  public static var isActive: Bool { true }
  public static var observesSteps: Bool { true }

  public mutating func willStep(_ frame: FrameView, world: some WorldReader) {
    recorder.begin(frame, refund: world.refund, keepsMemory: false, keepsReturnData: false)
  }

  public mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {
    if let step = recorder.end(frame, halt: halt) { write(step) }
  }

  public mutating func enter(_ event: FrameEvent, world: some WorldReader) {
    if let step = recorder.enter(event) { write(step) }
  }

  public mutating func leave(_ end: FrameEnd, world: some WorldReader) {}
  public mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {}

  private func write(_ step: StepRecord) {
    var json = JSONWriter()
    json.beginObject()
    json.key("pc")
    json.number(step.programCounter)
    json.key("op")
    json.number(step.opcode.rawValue)
    json.key("gas")
    json.quantity(UInt64(step.gas))
    json.key("gasCost")
    json.quantity(UInt64(max(0, step.gasCost)))
    json.key("memSize")
    json.number(step.memorySize)
    json.key("stack")
    json.beginArray()
    for word in step.stack { json.quantity(word) }
    json.endArray()
    json.key("depth")
    json.number(step.depth)
    json.key("refund")
    json.number(step.refund)
    json.key("opName")
    json.string(step.opcode.mnemonic)
    if let halt = step.halt {
      json.key("error")
      json.string(halt.gethMessage)
    }
    json.endObject()
    json.withUnsafeBytes { sink($0) }
  }
}
