// CALLDATACOPY, CODECOPY, RETURNDATACOPY, MCOPY and the memory side of EXTCODECOPY.

import Glibc
import Primitives

extension Registers {
  /// Takes a length operand and charges a copy by it: `3 + 3w` gas.
  ///
  /// ZKsync OS charges before it looks at any offset, so that an absurd length costs absurd native; only where the gas
  /// in ergs would not fit 64 bits is it out of gas with no native charged.
  @inline(__always)
  private mutating func chargeCopy(_ length: UInt256, native base: UInt64) throws(Halt) -> UInt64 {
    let count = try word(length)
    let (rounded, overflow) = count.addingReportingOverflow(31)
    let cost = 3 &* (rounded &>> 5)
    if overflow || cost >= 1 << 56 { throw .outOfGas }
    do throws(Halt) {
      try charge(gas: late(3) &+ Int64(cost), native: base &+ count)
    } catch {
      if error == .outOfGas { frame.pointee.environment.pointee.counted.native &+= base &+ count }
      throw error
    }
    return count
  }

  @inline(__always)
  mutating func calldatacopy() throws(Halt) {
    try copy(from: frame.pointee.input, count: frame.pointee.inputCount)
  }

  @inline(__always)
  mutating func codecopy() throws(Halt) {
    try copy(from: frame.pointee.codeBase, count: frame.pointee.codeCount)
  }

  /// Copies from a source that is followed by zeros without end.
  @inline(__always)
  private mutating func copy(from source: UnsafePointer<UInt8>, count available: Int) throws(Halt) {
    let (destination, offset) = (item(1), item(2))
    let count = try chargeCopy(item(3), native: ZKsyncNative.copy)
    sp -= 3
    if count == 0 { return }
    let target = try word(destination)
    try expand(target, count)
    copyPadded(
      to: frame.pointee.memory + Int(target), count: Int(count),
      from: UnsafeRawBufferPointer(start: source, count: available), offset: offset)
  }

  @inline(__always)
  mutating func returndatacopy() throws(Halt) {
    let (destination, offset) = (item(1), item(2))
    let count = try chargeCopy(item(3), native: ZKsyncNative.copy)
    sp -= 3
    let source = try word(offset)
    let (end, overflow) = source.addingReportingOverflow(count)
    if overflow || end > UInt64(frame.pointee.returnData.count) { throw .returnDataOutOfBounds }
    if count == 0 { return }
    let target = try word(destination)
    try expand(target, count)
    memcpy(frame.pointee.memory + Int(target), frame.pointee.returnData.base + Int(source), Int(count))
  }

  @inline(__always)
  mutating func mcopy() throws(Halt) {
    let (destination, offset) = (item(1), item(2))
    let count = try chargeCopy(item(3), native: ZKsyncNative.memoryCopy)
    sp -= 3
    if count == 0 { return }
    let target = try word(destination)
    let source = try word(offset)
    try expand(max(target, source), count)
    frame.pointee.environment.pointee.counted.movedBytes &+= count
    if Rules.metersNative { frame.pointee.environment.pointee.counted.native &+= count }
    memmove(frame.pointee.memory + Int(target), frame.pointee.memory + Int(source), Int(count))
  }

  /// Takes EXTCODECOPY's operands and pays for the memory; the account access and the copy come after, at the host.
  @inline(__always)
  mutating func extcodecopy() throws(Halt) {
    let (target, destination, offset, length) = (item(1), item(2), item(3), item(4))
    sp -= 4
    let range = try range(destination, length)
    frame.pointee.operands.target = target
    frame.pointee.operands.extra = offset
    frame.pointee.operands.offset = range.offset
    frame.pointee.operands.count = range.count
  }
}

/// Copies `count` bytes from `source` beginning at `offset`; what lies beyond the source is zero.
@usableFromInline
func copyPadded(
  to target: UnsafeMutablePointer<UInt8>, count: Int, from source: UnsafeRawBufferPointer, offset: UInt256
) {
  var copied = 0
  if let base = source.baseAddress, offset < UInt256(UInt64(source.count)) {
    let start = Int(offset.l0)
    copied = min(count, source.count - start)
    memcpy(target, base + start, copied)
  }
  memset(target + copied, 0, count - copied)
}
