// POP, PUSH, DUP and SWAP.

import Primitives

extension Registers {
  @inline(__always) mutating func pop() { sp -= 1 }

  /// PUSH1 … PUSH8.
  @inline(__always)
  mutating func pushSmall(_ count: Int) {
    var word: UInt64 = 0
    for index in 0..<count { word = word &<< 8 | UInt64(pc[index]) }
    push(UInt256(l0: word, l1: 0, l2: 0, l3: 0))
    pc += count
  }

  /// PUSH9 … PUSH31. The 32 bytes that end with the immediate may begin before the code, so the load starts at it and
  /// the rest is shifted out.
  @inline(__always)
  mutating func pushWide() {
    let count = Int(pc[-1]) &- 0x5f
    push(UInt256(bigEndian: UnsafeRawPointer(pc)) >> UInt64(256 &- 8 &* count))
    pc += count
  }

  @inline(__always)
  mutating func push32() {
    push(UInt256(bigEndian: UnsafeRawPointer(pc)))
    pc += 32
  }

  @inline(__always) mutating func dup(_ n: Int) { push(sp[-n]) }

  @inline(__always)
  mutating func swap(_ n: Int) {
    let top = sp[-1]
    sp[-1] = sp[-1 &- n]
    sp[-1 &- n] = top
  }
}
