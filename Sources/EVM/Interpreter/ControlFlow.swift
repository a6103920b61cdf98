// JUMP, JUMPI, PC, GAS, RETURN and REVERT.

import Primitives

extension Registers {
  @inline(__always)
  private mutating func jump(to target: UInt256) throws(Halt) {
    let offset = target.l0
    if !target.fitsUInt64 || offset >= UInt64(frame.pointee.codeCount) { throw .invalidJump }
    let index = Int(truncatingIfNeeded: offset)
    if frame.pointee.jumpDestinations[index &>> 3] &>> UInt8(truncatingIfNeeded: index & 7) & 1 == 0 {
      throw .invalidJump
    }
    pc = frame.pointee.codeBase + index
  }

  @inline(__always)
  mutating func jump() throws(Halt) {
    try jump(to: take())
  }

  /// Whether it jumped.
  @inline(__always)
  mutating func jumpi() throws(Halt) -> Bool {
    sp -= 2
    if sp[0].isZero { return false }
    try jump(to: sp[1])
    return true
  }

  /// Whether the code has done enough work to be translated.
  @inline(__always)
  var isHot: Bool { gas < frame.pointee.hotBelow }

  /// Offset of the byte after the opcode under execution.
  @inline(__always)
  private var offset: Int { pc - UnsafePointer(frame.pointee.codeBase) }

  @inline(__always)
  mutating func programCounter() { push(UInt256(UInt64(offset &- 1))) }

  @inline(__always)
  mutating func gasLeft() { push(UInt256(UInt64(bitPattern: gas))) }

  /// RETURN and REVERT: the output range is left in the operands.
  @inline(__always)
  mutating func output() throws(Halt) {
    let range = try takeRange()
    frame.pointee.operands.offset = range.offset
    frame.pointee.operands.count = range.count
  }
}
