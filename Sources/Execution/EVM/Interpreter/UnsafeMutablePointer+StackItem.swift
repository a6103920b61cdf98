// How stack items are read.

import Primitives
import Synchronization

/// Arithmetic stores the four limbs of its result one after the other. A vector load right after it cannot be served from
/// those stores before they reach the cache, and stalls for a dozen cycles; and the compiler makes vector loads of
/// neighbours wherever it may. Stack items are therefore read in ways that it leaves alone.
extension UnsafeMutablePointer<UInt256> {
  /// The pointee, as an operand of arithmetic: numbers of 128 bits are computed with in limbs, straight from memory.
  @inline(__always)
  var word: UInt256 {
    let halves = UnsafeRawPointer(self).assumingMemoryBound(to: UInt128.self)
    let (low, high) = (halves[0], halves[1])
    return UInt256(
      l0: UInt64(truncatingIfNeeded: low), l1: UInt64(truncatingIfNeeded: low >> 64),
      l2: UInt64(truncatingIfNeeded: high), l3: UInt64(truncatingIfNeeded: high >> 64))
  }

  /// The pointee, to be stored elsewhere as it is: loads that are atomic, though relaxed, stay four.
  @inline(__always)
  var copy: UInt256 {
    let limbs = UnsafeRawPointer(self).assumingMemoryBound(to: Atomic<UInt64>.self)
    return UInt256(
      l0: limbs[0].load(ordering: .relaxed), l1: limbs[1].load(ordering: .relaxed),
      l2: limbs[2].load(ordering: .relaxed), l3: limbs[3].load(ordering: .relaxed))
  }
}
