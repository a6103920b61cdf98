// Memory growth and the memory instructions.

import Glibc
import Primitives

/// The slow path of every instruction that touches memory.
enum Memory<Rules: RuleSet> {
  /// The highest end of a memory range: 2^32 − 32. No gas limit on Ethereum pays for more.
  static var highestEnd: UInt64 { 0xffff_ffe0 }

  /// Charges for and performs growth up to `end` bytes.
  ///
  /// Cost of `w` words in total: `3w + w²/512`. Nothing is allocated before it is paid. A failed charge leaves the
  /// meter as ``Meter/charge(gas:native:)`` does; an allocation that the system refuses is a halt too.
  @inline(never)
  static func grow(_ frame: UnsafeMutablePointer<Frame>, to end: UInt64) throws(Halt) {
    if end > highestEnd { throw .memoryLimit }
    let size = Int((end &+ 31) & ~31)
    let words = Int64(size / 32)
    let total = 3 &* words &+ words &* words / 512
    let added = size &- frame.pointee.memorySize
    try frame.pointee.meter.charge(
      gas: total &- frame.pointee.memoryGas, native: Rules.metersNative ? ZKsyncNative.memoryGrowth &+ UInt64(added) : 0
    )
    if size >= frame.pointee.memoryLimit { throw .memoryLimit }
    if size > frame.pointee.memoryCapacity {
      let capacity = max(size, min(2 &* frame.pointee.memoryCapacity, 1 << 32))
      guard let memory = realloc(frame.pointee.memory, capacity) else { throw .memoryLimit }
      frame.pointee.memory = memory.assumingMemoryBound(to: UInt8.self)
      frame.pointee.memoryCapacity = capacity
    }
    memset(frame.pointee.memory + frame.pointee.memorySize, 0, added)
    frame.pointee.memorySize = size
    frame.pointee.memoryGas = total
  }
}

extension Registers {
  /// Pays for the `count` bytes at an offset operand and returns their address.
  @inline(__always)
  private mutating func cell(_ offset: UInt256, _ count: UInt64) throws(Halt) -> UnsafeMutablePointer<UInt8> {
    let offset = try word(offset)
    try expand(offset, count)
    return frame.pointee.memory + Int(offset)
  }

  @inline(__always)
  mutating func mload() throws(Halt) {
    let cell = try cell(item(1), 32)
    sp[-1] = UInt256(bigEndian: UnsafeRawPointer(cell))
  }

  @inline(__always)
  mutating func mstore() throws(Halt) {
    let cell = try cell(item(1), 32)
    item(2).store(bigEndian: UnsafeMutableRawPointer(cell))
    sp -= 2
  }

  @inline(__always)
  mutating func mstore8() throws(Halt) {
    let cell = try cell(item(1), 1)
    cell.pointee = UInt8(truncatingIfNeeded: item(2).l0)
    sp -= 2
  }

  @inline(__always)
  mutating func msize() { push(UInt256(UInt64(frame.pointee.memorySize))) }
}
