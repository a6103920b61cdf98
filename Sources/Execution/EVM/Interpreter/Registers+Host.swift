// The part of SSTORE, TSTORE, LOG, CALL and CREATE that comes before the host: checks, operands, memory, constant costs.

import Primitives

extension Registers {
  /// Leaves key and value on the stack.
  @inline(__always)
  func sstore() throws(Halt) {
    try requireMutable()
    // EIP-2200: a frame with no more than the stipend must not reach storage.
    if table.pointee.storesNeedStipend && gas <= 2300 { throw .outOfGas }
  }

  /// Leaves key and value on the stack.
  @inline(__always)
  mutating func tstore() throws(Halt) {
    try requireMutable()
    try charge(gas: late(100), native: ZKsyncNative.transientAccess)
  }

  /// Leaves the data range in the operands and the topics above the stack pointer, the last one lowest.
  @inline(__always)
  mutating func log() throws(Halt) {
    try requireMutable()
    let topics = Int(pc[-1]) &- Int(Opcode.log0.rawValue)
    let range = try takeRange()
    try charge(
      gas: late(375 &* Int64(topics &+ 1)) &+ 8 &* Int64(range.count),
      native: ZKsyncNative.event &+ ZKsyncNative.topic &* UInt64(topics) &+ ZKsyncNative.eventByte
        &* UInt64(range.count))
    sp -= topics
    frame.pointee.operands.offset = range.offset
    frame.pointee.operands.count = range.count
  }

  /// Takes the operands of a call and pays for input and output memory, in this order.
  @inline(__always)
  mutating func call(hasValue: Bool, isStaticallyRestricted: Bool) throws(Halt) {
    let gasOperand = take()
    frame.pointee.operands.gas = gasOperand.saturatedUInt64
    frame.pointee.operands.target = take()
    let value = hasValue ? take() : .zero
    if isStaticallyRestricted && frame.pointee.isStatic && !value.isZero { throw .valueInStaticContext }
    frame.pointee.operands.value = value
    sp -= 4
    let input = try range((sp + 3).word, (sp + 2).word)
    let output = try range((sp + 1).word, sp.word)
    frame.pointee.operands.offset = input.offset
    frame.pointee.operands.count = input.count
    frame.pointee.operands.outputOffset = output.offset
    frame.pointee.operands.outputCount = output.count
  }

  /// Takes the operands of a creation, pays for memory and for the words of init code.
  @inline(__always)
  mutating func create(salted: Bool) throws(Halt) {
    try requireMutable()
    frame.pointee.operands.value = take()
    let range = try takeRange()
    if range.count > table.pointee.initCodeLimit { throw .initCodeTooLarge }
    let wordGas = table.pointee.initCodeWordGas &+ (salted ? 6 : 0)
    try charge(gas: wordGas &* words(range.count))
    if salted { frame.pointee.operands.extra = take() }
    frame.pointee.operands.offset = range.offset
    frame.pointee.operands.count = range.count
  }
}
