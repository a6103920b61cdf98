// LT … SAR.

import Primitives

extension Registers {
  /// Replaces the two top items by the truth of a relation of them.
  @inline(__always)
  private mutating func relation(_ body: (UInt256, UInt256) -> Bool) {
    sp -= 1
    sp[-1] = UInt256(l0: bit(body(sp.word, item(1))), l1: 0, l2: 0, l3: 0)
  }

  @inline(__always) mutating func lt() { relation { $0 < $1 } }
  @inline(__always) mutating func gt() { relation { $1 < $0 } }
  @inline(__always) mutating func slt() { relation { $0.isLessSigned(than: $1) } }
  @inline(__always) mutating func sgt() { relation { $1.isLessSigned(than: $0) } }
  @inline(__always) mutating func eq() { relation { $0 == $1 } }

  @inline(__always)
  mutating func iszero() {
    sp[-1] = UInt256(l0: bit(item(1).isZero), l1: 0, l2: 0, l3: 0)
  }

  @inline(__always) mutating func and() { binary { $0 & $1 } }
  @inline(__always) mutating func or() { binary { $0 | $1 } }
  @inline(__always) mutating func xor() { binary { $0 ^ $1 } }
  @inline(__always) mutating func not() { sp[-1] = ~item(1) }
  @inline(__always) mutating func byte() { binary { $1.byte(at: $0) } }

  @inline(__always) mutating func shl() { binary { $1 << Rules.shiftCount($0) } }
  @inline(__always) mutating func shr() { binary { $1 >> Rules.shiftCount($0) } }
  @inline(__always) mutating func sar() { binary { $1.shiftedRightArithmetically(by: $0) } }
}

extension RuleSet {
  /// The number of places of SHL and SHR. ZKsync OS saturates it to 64 bits and then keeps 32 of them, so that shifting
  /// by 2^32 leaves a value as it is (zksync-os `evm_interpreter/src/instructions/bitwise.rs`).
  @inline(__always)
  static func shiftCount(_ operand: UInt256) -> UInt64 {
    let saturated = operand.saturatedUInt64
    return metersNative ? saturated & 0xffff_ffff : saturated
  }
}
