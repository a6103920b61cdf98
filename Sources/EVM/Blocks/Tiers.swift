// Which interpreter runs a frame.

import Primitives

/// The choice between the reference interpreter and the block interpreter; neither the machine nor a host can tell.
///
/// Code starts in the reference interpreter. When it has done enough work to pay for a translation, it is translated,
/// and the frame goes on in the block interpreter from the jump destination where it stands.
enum Tiers<Rules: RuleSet> {
  @inline(__always)
  static func run(_ frame: UnsafeMutablePointer<Frame>) -> Exit {
    if let entry = frame.pointee.resumption { return BlockInterpreter<Rules>.run(frame, from: entry) }
    return runCold(frame)
  }

  @inline(never)
  private static func runCold(_ frame: UnsafeMutablePointer<Frame>) -> Exit {
    let isAtStart = frame.pointee.pc == frame.pointee.codeBase
    if !(isAtStart && frame.pointee.isHot) {
      // What the host or other frames spend is no work of this code: the count stops with the interpreter.
      let gas = frame.pointee.meter.gas
      frame.pointee.hotBelow = gas &- frame.pointee.workLeft
      let exit = Interpreter<Rules>.run(frame)
      if frame.pointee.workLeft != .max {
        frame.pointee.workLeft = max(0, frame.pointee.workLeft &- (gas &- frame.pointee.meter.gas))
      }
      if exit != .hot { return exit }
    }
    let code = frame.pointee.code.takeUnretainedValue()
    let translation = code.translate(frame.pointee.table, truncatesShifts: Rules.metersNative)
    guard let translation else {
      frame.pointee.workLeft = .max
      frame.pointee.hotBelow = 0
      return Interpreter<Rules>.run(frame)
    }
    frame.pointee.adopt(translation)
    let offset = frame.pointee.pc - frame.pointee.codeBase
    return BlockInterpreter<Rules>.run(
      frame, from: frame.pointee.entries + (offset == 0 ? 1 : Int(frame.pointee.entryIndices[offset])))
  }
}
