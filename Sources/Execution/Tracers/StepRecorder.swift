// One instruction as step tracers report it: its cost is known only after it ran or called.

import EVM
import Primitives

/// An instruction under way.
struct StepRecord {
  var programCounter: Int
  var opcode: Opcode
  var gas: Int64
  var gasCost: Int64
  var depth: Int
  var refund: Int64
  var address: Address
  var stack: [UInt256]
  var memory: [UInt8]
  var memorySize: Int
  var returnData: [UInt8]
  var halt: Halt?
}

/// Turns the machine's events into finished steps, in program order.
///
/// A call is finished when its callee begins, since the callee's steps follow it; its cost then is all gas that left
/// the caller, as geth has it.
struct StepRecorder {
  private var pending: StepRecord?

  mutating func begin(_ frame: FrameView, refund: Int64, keepsMemory: Bool, keepsReturnData: Bool) {
    pending = StepRecord(
      programCounter: frame.programCounter, opcode: Opcode(byte: frame.opcode), gas: frame.gas, gasCost: 0,
      depth: frame.depth + 1, refund: refund, address: frame.address, stack: Array(frame.stack),
      memory: keepsMemory ? Array(frame.memory) : [], memorySize: frame.memory.count,
      returnData: keepsReturnData ? Array(frame.returnData) : [], halt: nil)
  }

  /// The step that ends with this frame's beginning, if any.
  mutating func enter(_ event: FrameEvent) -> StepRecord? {
    finish(gas: event.callerGas, halt: nil)
  }

  mutating func end(_ frame: FrameView, halt: Halt?) -> StepRecord? {
    finish(gas: max(0, frame.gas), halt: halt)
  }

  private mutating func finish(gas: Int64, halt: Halt?) -> StepRecord? {
    guard var step = pending else { return nil }
    pending = nil
    step.gasCost = step.gas - gas
    step.halt = halt
    return step
  }
}
