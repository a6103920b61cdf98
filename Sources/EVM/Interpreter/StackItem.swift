// How stack items are read.

import Primitives

extension UnsafeMutablePointer<UInt256> {
  /// The pointee, read by machine words.
  ///
  /// Arithmetic stores the four limbs of its result one after the other. A vector load right after it cannot be served
  /// from those stores before they reach the cache, and stalls for a dozen cycles; the compiler makes vector loads of any
  /// four limbs that it may load at will. It does not take numbers of 128 bits apart to do so.
  @inline(__always)
  var word: UInt256 {
    let halves = UnsafeRawPointer(self).assumingMemoryBound(to: UInt128.self)
    let (low, high) = (halves[0], halves[1])
    return UInt256(
      l0: UInt64(truncatingIfNeeded: low), l1: UInt64(truncatingIfNeeded: low >> 64),
      l2: UInt64(truncatingIfNeeded: high), l3: UInt64(truncatingIfNeeded: high >> 64))
  }
}
