// From the middle of a block back to the state that the reference interpreter knows.

import Primitives

/// Finds out what the frame would look like had the block been interpreted instruction by instruction.
///
/// Nothing was kept for it: translation is deterministic, so walking through the block once more tells which step of the
/// code an instruction came from, and a walk up to that step tells where the values of the stack are. That takes as long
/// as translating the block did; it happens at most once in a frame, which then halts.
enum Recovery {
  /// Restores the frame to the state before the instruction at `failed`. The frame's meter holds what was left then.
  @inline(never)
  static func restore(
    _ frame: UnsafeMutablePointer<Frame>, at failed: UnsafePointer<BlockInstruction>, _ base: UnsafeMutableRawPointer,
    metersNative: Bool
  ) {
    let head = failed.pointee.head
    let index = failed - head.first
    let start = Int(head.pointee.offset)
    let isMerging = head.pointee.isMerging
    let code = frame.pointee.code.takeUnretainedValue()
    // The workspace is at a fixed address of its own: nobody else uses it meanwhile.
    let translator = frame.pointee.translator
    translator.pointee.begin(code, frame.pointee.table, in: nil)
    translator.pointee.walk(from: start, isMerging: isMerging)
    let steps = translator.pointee.origins[index] - 1
    translator.pointee.walk(from: start, isMerging: isMerging, limit: steps)

    let stack = translator.pointee.stack
    let positions = stack.lowest..<stack.height
    let values = positions.map { position -> UInt256 in
      translator.pointee.word(stack[position]) ?? (base + stack[position].slot &* 32).load(as: UInt256.self)
    }
    let bottom = base.assumingMemoryBound(to: UInt256.self) + stack.lowest
    for (position, value) in values.enumerated() { bottom[position] = value }
    frame.pointee.sp = bottom + values.count
    frame.pointee.pc = frame.pointee.codeBase + translator.pointee.offset
    frame.pointee.resumption = nil
    frame.pointee.meter.gas &+= Int64(head.pointee.gas) &- Int64(translator.pointee.gas)
    if metersNative { frame.pointee.meter.native &+= UInt64(head.pointee.native) &- UInt64(translator.pointee.native) }
  }
}
