// JUMP, JUMPI, PC, GAS, RETURN and REVERT.

import Primitives
import Synchronization

extension Registers {
  /// Whether the destination is hot.
  @inline(__always)
  private mutating func jump(to target: UInt256) throws(Halt) -> Bool {
    let offset = target.l0
    if !target.fitsUInt64 || offset >= UInt64(frame.pointee.codeCount) { throw .invalidJump }
    let index = Int(truncatingIfNeeded: offset)
    let heat = frame.pointee.destinations[index].load(ordering: .relaxed)
    if heat == 0 { throw .invalidJump }
    pc = frame.pointee.codeBase + index
    if heat == Heat.hot { return true }
    frame.pointee.destinations[index].store(heat &- 1, ordering: .relaxed)
    return false
  }

  /// Whether the destination is hot.
  @inline(__always)
  mutating func jump() throws(Halt) -> Bool {
    try jump(to: take())
  }

  /// Whether it jumped and the destination is hot.
  @inline(__always)
  mutating func jumpi() throws(Halt) -> Bool {
    sp -= 2
    if sp.word.isZero { return false }
    return try jump(to: (sp + 1).word)
  }

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
