// The interpreter's working set, and the charges and checks that all instructions share.

import Primitives

/// The state that the interpreter keeps in machine registers while it runs.
///
/// Everything that takes it by reference is inlined: were its address taken, every step would go through memory. Slow
/// paths therefore store it to the frame, work there, and load it again.
struct Registers<Rules: RuleSet>: MeterRegisters {
  /// The byte after the opcode under execution.
  var pc: UnsafePointer<UInt8>
  /// The next free stack slot.
  var sp: UnsafeMutablePointer<UInt256>
  var gas: Int64
  var native: UInt64
  let frame: UnsafeMutablePointer<Frame>
  let table: UnsafePointer<InstructionTable>

  @inline(__always)
  init(_ frame: UnsafeMutablePointer<Frame>) {
    self.frame = frame
    pc = frame.pointee.pc
    sp = frame.pointee.sp
    gas = frame.pointee.meter.gas
    native = frame.pointee.meter.native
    table = frame.pointee.table
  }

  /// Stores everything to the frame.
  @inline(__always)
  func save() {
    frame.pointee.pc = pc
    frame.pointee.sp = sp
    saveMeter()
  }

  /// Bytes on the stack.
  @inline(__always)
  private var bytes: Int { Int(UInt16(truncatingIfNeeded: UInt(bitPattern: sp))) }

  /// Reads the next instruction.
  @inline(__always)
  mutating func fetch() -> Opcode {
    let opcode = Opcode(byte: pc.pointee)
    pc += 1
    return opcode
  }

  /// Checks that an instruction exists, fits the stack and can be paid, and pays its constant cost; false, with nothing
  /// changed, if something is wrong, and then ``failed()`` says what.
  ///
  /// The fact is a constant where this is called, so that nothing but the prices is looked up, and existence only where it
  /// is in question.
  @inline(__always)
  mutating func begin(_ fact: InstructionFact) -> Bool {
    let opcode = fact.opcode
    if !fact.isOriginal && table.pointee[opcode].handler.byte != opcode.byte { return false }
    let growth = fact.leaves &- fact.takes
    if fact.takes > 0 && bytes < 32 &* fact.takes { return false }
    if growth > 0 && bytes > 32 &* (1024 &- growth) { return false }
    if Rules.metersNative && native < table.pointee[opcode].native { return false }
    let left = gas &- table.pointee[opcode].gas
    if left < 0 { return false }
    gas = left
    if Rules.metersNative { native &-= table.pointee[opcode].native }
    return true
  }

  /// Charges what an instruction that could not begin costs, as far as that goes, and says how the frame ends.
  ///
  /// ZKsync OS charges before it looks at the stack, which is visible in the native left by a stack underflow; geth
  /// looks at the stack first, which is visible in the halt that it reports.
  @inline(__always)
  mutating func failed() -> Halt {
    let entry = table.pointee[Opcode(byte: pc[-1])]
    do throws(Halt) {
      if Rules.metersNative { try charge(gas: entry.gas, native: entry.native) }
      if bytes < 32 &* Int(entry.needs) { return .stackUnderflow }
      if bytes &+ 32 &* Int(entry.growth) > 32 &* 1024 { return .stackOverflow }
      if !Rules.metersNative { try charge(gas: entry.gas) }
      return .undefinedOpcode
    } catch {
      return error
    }
  }

  @inline(__always)
  mutating func charge(gas cost: Int64) throws(Halt) {
    gas &-= cost
    if gas < 0 { throw .outOfGas }
  }

  /// Charges native, where it exists, and then gas.
  @inline(__always)
  mutating func charge(gas cost: Int64, native nativeCost: UInt64) throws(Halt) {
    if Rules.metersNative {
      if native < nativeCost { throw .outOfNative }
      native &-= nativeCost
    }
    try charge(gas: cost)
  }

  /// Constant gas of an instruction that ZKsync OS charges after the operands are taken; elsewhere the table has it.
  @inline(__always)
  func late(_ cost: Int64) -> Int64 { Rules.metersNative ? cost : 0 }

  @inline(__always)
  func requireMutable() throws(Halt) {
    if frame.pointee.isStatic { throw .stateChangeInStaticContext }
  }

  // MARK: Stack

  @inline(__always)
  mutating func push(_ word: UInt256) {
    sp.pointee = word
    sp += 1
  }

  /// Takes the top item.
  @inline(__always)
  mutating func take() -> UInt256 {
    sp -= 1
    return sp.word
  }

  /// The item `n` places from the top; 1 is the top.
  @inline(__always)
  func item(_ n: Int) -> UInt256 { (sp - n).word }

  // MARK: Operands

  /// An offset or length as a machine word.
  @inline(__always)
  func word(_ value: UInt256) throws(Halt) -> UInt64 {
    if !value.fitsUInt64 || value.l0 > table.pointee.wordLimit { throw .operandTooLarge }
    return value.l0
  }

  /// Takes offset and length from the stack and pays for the memory they span; (0, 0) for an empty range, wherever.
  @inline(__always)
  mutating func takeRange() throws(Halt) -> (offset: Int, count: Int) {
    let offset = take()
    let count = take()
    return try range(offset, count)
  }

  @inline(__always)
  mutating func range(_ offset: UInt256, _ count: UInt256) throws(Halt) -> (offset: Int, count: Int) {
    if count.isZero { return (0, 0) }
    let words = (try word(offset), try word(count))
    try expand(words.0, words.1)
    return (Int(words.0), Int(words.1))
  }

  /// Pays for memory up to `offset + count`; `count` is not 0.
  @inline(__always)
  mutating func expand(_ offset: UInt64, _ count: UInt64) throws(Halt) {
    let (end, overflow) = offset.addingReportingOverflow(count)
    if !overflow && end <= UInt64(frame.pointee.memorySize) { return }
    saveMeter()
    try Memory<Rules>.grow(frame, to: overflow ? .max : end)
    loadMeter()
  }

  /// Number of 32-byte words that `count` bytes touch.
  @inline(__always)
  func words(_ count: Int) -> Int64 { Int64((count &+ 31) &>> 5) }
}
