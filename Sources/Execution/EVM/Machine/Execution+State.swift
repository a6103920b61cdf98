// The instructions that ask the host for one thing and go on.

import Primitives

extension Execution {
  /// Carries out an instruction that the interpreter prepared.
  @inlinable
  mutating func perform(_ exit: Exit, _ host: inout H, _ tracer: inout T) throws(Halt) {
    let sp = frame.pointee.sp
    switch exit {
    case .loadStorage:
      sp[-1] = try host.loadStorage(frame.pointee.address, sp[-1], meter: &frame.pointee.meter)
    case .storeStorage:
      try host.storeStorage(frame.pointee.address, sp[-1], sp[-2], meter: &frame.pointee.meter)
      frame.pointee.sp = sp - 2
    case .loadTransient:
      sp[-1] = host.loadTransient(frame.pointee.address, sp[-1])
    case .storeTransient:
      host.storeTransient(frame.pointee.address, sp[-1], sp[-2])
      frame.pointee.sp = sp - 2
    case .balance:
      sp[-1] = try host.balance(Address(truncating: sp[-1]), meter: &frame.pointee.meter)
    case .selfBalance:
      frame.pointee.push(try host.selfBalance(frame.pointee.address))
    case .codeSize:
      sp[-1] = UInt256(UInt64(try host.codeSize(Address(truncating: sp[-1]), meter: &frame.pointee.meter)))
    case .codeHash:
      sp[-1] = try host.codeHash(Address(truncating: sp[-1]), meter: &frame.pointee.meter)
    case .codeCopy: try copyCode(&host)
    case .blockHash: sp[-1] = blockHash(sp[-1], &host)
    case .log: try emitLog(&host, &tracer)
    default: throw .internalFailure
    }
  }

  /// EXTCODECOPY: the account access, then the copy. The memory is paid for.
  @inlinable
  mutating func copyCode(_ host: inout H) throws(Halt) {
    let operands = frame.pointee.operands
    let code = try host.code(Address(truncating: operands.target), meter: &frame.pointee.meter)
    let words = Int64((operands.count &+ 31) &>> 5)
    try frame.pointee.meter.charge(
      gas: 3 &* words, native: Rules.metersNative ? ZKsyncNative.copy &+ UInt64(operands.count) : 0)
    copyPadded(
      to: frame.pointee.memory + operands.offset, count: operands.count,
      from: code?.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0), offset: operands.extra)
  }

  /// The hash of one of the 256 blocks before this one, else 0.
  @inlinable
  func blockHash(_ operand: UInt256, _ host: inout H) -> UInt256 {
    let current = frame.pointee.environment.pointee.number
    let number = operand.saturatedUInt64
    guard number < current, current - number <= 256 else { return .zero }
    return host.blockHash(number)
  }

  @inlinable
  mutating func emitLog(_ host: inout H, _ tracer: inout T) throws(Halt) {
    var topics = Topics()
    var index = Int(frame.pointee.pc[-1]) - Int(Opcode.log0.rawValue) - 1
    while index >= 0 {
      topics.append(Bytes32(frame.pointee.sp[index]))
      index -= 1
    }
    let data = frame.pointee.operandBytes
    try host.emitLog(frame.pointee.address, topics: topics, data: data)
    if T.isActive { tracer.log(frame.pointee.address, topics: topics, data: data) }
  }

  @inlinable
  mutating func selfDestruct(_ host: inout H, _ tracer: inout T) throws(Halt) {
    let address = frame.pointee.address
    let beneficiary = Address(truncating: frame.pointee.sp[-1])
    frame.pointee.sp -= 1
    let balance = T.isActive ? host.peekBalance(address) : .zero
    try host.selfDestruct(
      address, beneficiary: beneficiary, isConstructor: frame.pointee.isConstructor, meter: &frame.pointee.meter)
    if T.isActive {
      let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
      tracer.enter(
        FrameEvent(
          kind: .selfDestruct, from: address, to: beneficiary, value: balance, input: nothing, gas: 0,
          depth: frame.pointee.depth + 1, callerGas: frame.pointee.meter.gas), world: host)
      tracer.leave(FrameEnd(status: .stopped, gasUsed: 0, output: nothing), world: host)
    }
  }
}
