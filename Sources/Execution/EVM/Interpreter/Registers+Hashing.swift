// KECCAK256.

import Cryptography
import Primitives

extension Registers {
  @inline(__always)
  mutating func keccak256() throws(Halt) {
    // The slowest instruction for its gas: a loop of it takes seconds.
    if frame.pointee.environment.pointee.cancellation != nil { try checkCancellation() }
    if Rules.metersNative {
      // Here even an empty range must have an offset that fits a machine word.
      let offset = try word(item(1))
      let count = try word(item(2))
      if offset.addingReportingOverflow(count).overflow || offset &+ count > table.pointee.wordLimit {
        throw .memoryLimit
      }
      try charge(gas: 0, native: ZKsyncNative.keccakInstruction)
      if count != 0 { try expand(offset, count) }
      let length = Int(truncatingIfNeeded: count)
      try charge(gas: 30 &+ 6 &* words(length), native: length == 0 ? 0 : ZKsyncNative.keccak(count: length))
      sp -= 2
      countHash(length)
      if length == 0 {
        // Nothing is charged for the hash of nothing, so nothing is hashed.
        push(0xc5d2_4601_86f7_233c_927e_7db2_dcc7_03c0_e500_b653_ca82_273b_7bfa_d804_5d85_a470)
      } else {
        hash(Int(offset), length)
      }
    } else {
      let (offset, count) = try takeRange()
      try charge(gas: 6 &* words(count))
      hash(offset, count)
    }
  }

  /// Apart, so that executions which nobody can cancel pay for a comparison and nothing else.
  @inline(never)
  private func checkCancellation() throws(Halt) {
    if frame.pointee.environment.pointee.cancellation?.isCancelled == true { throw .cancelled }
  }

  @inline(__always)
  private func countHash(_ count: Int) {
    guard count > 0 else { return }
    frame.pointee.environment.pointee.counted.keccakBlocks &+= UInt64(count / 136) &+ 1
    frame.pointee.environment.pointee.counted.native &+= ZKsyncNative.keccak(count: count)
  }

  @inline(__always)
  private mutating func hash(_ offset: Int, _ count: Int) {
    push(UInt256(Keccak256.hash(UnsafeRawBufferPointer(start: frame.pointee.memory + offset, count: count))))
  }
}
