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
    truncatesShifts: Bool
  ) {
    let entry = failed.pointee.target.pointee
    let index = failed - entry.first
    let code = frame.pointee.code.takeUnretainedValue()
    var translator = Translator(
      code, table: frame.pointee.table, truncatesShifts: truncatesShifts, isRecovering: true)
    defer { translator.deallocate() }
    let start = Int(entry.offset)
    translator.walk(from: start, isMerging: entry.isMerging)
    translator.walk(from: start, isMerging: entry.isMerging, limit: translator.origins[index] - 1)

    let stack = translator.stack
    let positions = stack.lowest..<stack.height
    let values = positions.map { position -> UInt256 in
      translator.word(stack[position])
        ?? (base + stack[position].slot &* 32).load(as: UInt256.self)
    }
    let bottom = base.assumingMemoryBound(to: UInt256.self) + stack.lowest
    for (position, value) in values.enumerated() { bottom[position] = value }
    frame.pointee.sp = bottom + values.count
    frame.pointee.pc = frame.pointee.codeBase + translator.offset
    frame.pointee.resumption = nil
    frame.pointee.meter.gas &+= Int64(entry.gas) &- Int64(translator.gas)
    if truncatesShifts { frame.pointee.meter.native &+= UInt64(entry.native) &- UInt64(translator.native) }
  }
}
