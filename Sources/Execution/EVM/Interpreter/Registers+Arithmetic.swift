// ADD … SIGNEXTEND.

import Primitives

extension Registers {
  /// Replaces the two top items by a function of them (the first is the top).
  @inline(__always)
  mutating func binary(_ body: (UInt256, UInt256) -> UInt256) {
    sp -= 1
    sp[-1] = body(sp.word, item(1))
  }

  @inline(__always) mutating func add() { binary { $0 &+ $1 } }
  @inline(__always) mutating func mul() { binary { $0 &* $1 } }
  @inline(__always) mutating func sub() { binary { $0 &- $1 } }
  @inline(__always) mutating func div() { binary { $0 / $1 } }
  @inline(__always) mutating func mod() { binary { $0 % $1 } }
  @inline(__always) mutating func sdiv() { binary { $0.dividedSigned(by: $1) } }
  @inline(__always) mutating func smod() { binary { $0.remainderSigned(by: $1) } }

  @inline(__always)
  mutating func addmod() {
    sp -= 2
    sp[-1] = (sp + 1).word.addingModulo(sp.word, item(1))
  }

  @inline(__always)
  mutating func mulmod() {
    sp -= 2
    sp[-1] = (sp + 1).word.multipliedModulo(sp.word, item(1))
  }

  @inline(__always)
  mutating func exp() throws(Halt) {
    let bytes = Int64(item(2).byteWidth)
    try charge(
      gas: late(10) &+ table.pointee.exponentByteGas &* bytes,
      native: ZKsyncNative.exponentiation &+ ZKsyncNative.exponentByte &* UInt64(bytes))
    binary { $0.power($1) }
  }

  @inline(__always) mutating func signextend() { binary { $1.signExtended(fromByte: $0) } }
}
