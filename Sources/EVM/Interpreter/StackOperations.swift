// POP, PUSH, DUP and SWAP.

import Primitives

extension Registers {
  @inline(__always) mutating func pop() { sp -= 1 }

  @inline(__always)
  mutating func push1() throws(Halt) {
    try begin(.push(1))
    push(UInt256(UInt64(pc.pointee)))
    pc += 1
  }

  /// PUSH2 … PUSH8.
  @inline(__always)
  mutating func pushLimb(_ count: Int) throws(Halt) {
    try begin(.push(count))
    let limb = UInt64(bigEndian: UnsafeRawPointer(pc).loadUnaligned(as: UInt64.self))
    push(UInt256(limb &>> UInt64(64 &- 8 &* count)))
    pc += count
  }

  /// PUSH9 … PUSH32. The load takes in what follows the immediate, and the shift drops it.
  @inline(__always)
  mutating func pushWord(_ count: Int) throws(Halt) {
    try begin(.push(count))
    push(UInt256(bigEndian: UnsafeRawPointer(pc)) >> UInt64(256 &- 8 &* count))
    pc += count
  }

  @inline(__always)
  mutating func dup(_ n: Int) throws(Halt) {
    try begin(.dup(n))
    push(item(n))
  }

  @inline(__always)
  mutating func swap(_ n: Int) throws(Halt) {
    try begin(.swap(n))
    let (top, other) = (item(1), item(n &+ 1))
    sp[-1] = other
    sp[-1 &- n] = top
  }
}
