// POP, PUSH, DUP and SWAP.

import Primitives

extension Registers {
  @inline(__always) mutating func pop() { sp -= 1 }

  @inline(__always)
  mutating func push1() -> Bool {
    guard begin(.push(1)) else { return false }
    push(UInt256(UInt64(pc.pointee)))
    pc += 1
    return true
  }

  /// PUSH2 … PUSH8.
  @inline(__always)
  mutating func pushLimb(_ count: Int) -> Bool {
    guard begin(.push(count)) else { return false }
    let limb = UInt64(bigEndian: UnsafeRawPointer(pc).loadUnaligned(as: UInt64.self))
    push(UInt256(limb &>> UInt64(64 &- 8 &* count)))
    pc += count
    return true
  }

  /// PUSH9 … PUSH32. The load takes in what follows the immediate, and the shift drops it.
  @inline(__always)
  mutating func pushWord(_ count: Int) -> Bool {
    guard begin(.push(count)) else { return false }
    push(UInt256(bigEndian: UnsafeRawPointer(pc)) >> UInt64(256 &- 8 &* count))
    pc += count
    return true
  }

  @inline(__always)
  mutating func dup(_ n: Int) -> Bool {
    guard begin(.dup(n)) else { return false }
    push((sp - n).copy)
    return true
  }

  @inline(__always)
  mutating func swap(_ n: Int) -> Bool {
    guard begin(.swap(n)) else { return false }
    let (top, other) = ((sp - 1).copy, (sp - 1 - n).copy)
    sp[-1] = other
    sp[-1 &- n] = top
    return true
  }
}
