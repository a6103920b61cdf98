// The fast interpreter: runs translated blocks, and only ways that end well.

import Primitives
import Synchronization

/// The interpreter of translated code.
///
/// It knows how instructions succeed. Whatever the constant costs and the stack allow is settled once at the entry of a
/// block; where a check fails, there or at an instruction, the frame is bound to halt within the block, and the reference
/// interpreter finds out how: ``Recovery`` restores the frame exactly as it was before the instruction. At a block that is
/// not translated the reference interpreter goes on as well (``Tiers``).
enum BlockInterpreter<Rules: RuleSet> {
  /// Runs from the entry of a block until the frame ends or needs the host, or the reference interpreter has to go on.
  @inline(never)
  static func run(_ frame: UnsafeMutablePointer<Frame>, from entry: UnsafePointer<BlockEntry>) -> Exit {
    var r = BlockRegisters<Rules>(frame)
    guard r.enter(entry) else { return r.surrender(before: entry) }
    while true {
      switch r.ip.pointee.operation {
      case .add: r.binary { $0 &+ $1 }
      case .sub: r.binary { $0 &- $1 }
      case .mul: r.binary { $0 &* $1 }
      case .div: r.binary { $0 / $1 }
      case .sdiv: r.binary { $0.dividedSigned(by: $1) }
      case .mod: r.binary { $0 % $1 }
      case .smod: r.binary { $0.remainderSigned(by: $1) }
      case .signExtend: r.binary { $0.signExtended(fromByte: $1) }
      case .lessThan: r.relation { $0 < $1 }
      case .signedLessThan: r.relation { $0.isLessSigned(than: $1) }
      case .equal: r.relation { $0 == $1 }
      case .and: r.binary { $0 & $1 }
      case .or: r.binary { $0 | $1 }
      case .xor: r.binary { $0 ^ $1 }
      case .byte: r.binary { $0.byte(at: $1) }
      case .shiftLeft: r.binary { $0 << Rules.shiftCount($1) }
      case .shiftRight: r.binary { $0 >> Rules.shiftCount($1) }
      case .shiftRightArithmetic: r.binary { $0.shiftedRightArithmetically(by: $1) }
      case .addMod: r.ternary { $0.addingModulo($1, $2) }
      case .mulMod: r.ternary { $0.multipliedModulo($1, $2) }
      case .isZero: r.result(UInt256(bit(r.a.isZero)))
      case .not: r.result(~r.a)

      case .addImmediate: r.immediate { $0 &+ UInt256($1) }
      case .subImmediate: r.immediate { $0 &- UInt256($1) }
      case .mulImmediate: r.immediate { $0.multiplied(byLimb: $1) }
      case .divImmediate: r.immediate { $0 / UInt256($1) }
      case .modImmediate: r.immediate { $0 % UInt256($1) }
      case .lessThanImmediate: r.immediate { UInt256(bit($0.fitsUInt64 && $0.l0 < $1)) }
      case .greaterThanImmediate: r.immediate { UInt256(bit(!$0.fitsUInt64 || $0.l0 > $1)) }
      case .equalImmediate: r.immediate { UInt256(bit((($0.l0 ^ $1) | $0.l1 | $0.l2 | $0.l3) == 0)) }
      case .andImmediate: r.immediate { UInt256($0.l0 & $1) }
      case .orImmediate: r.immediate { UInt256(l0: $0.l0 | $1, l1: $0.l1, l2: $0.l2, l3: $0.l3) }
      case .xorImmediate: r.immediate { UInt256(l0: $0.l0 ^ $1, l1: $0.l1, l2: $0.l2, l3: $0.l3) }
      case .shiftLeftImmediate: r.immediate { $0 << $1 }
      case .shiftRightImmediate: r.immediate { $0 >> $1 }
      case .shiftRightArithmeticImmediate: r.immediate { $0.shiftedRightArithmetically(by: UInt256($1)) }
      case .byteImmediate: r.immediate { $0.byte(at: UInt256($1)) }
      case .signExtendImmediate: r.immediate { $0.signExtended(fromByte: UInt256($1)) }
      case .addWide: r.result(r.a &+ r.wide)
      case .andWide: r.result(r.a & r.wide)

      case .constant: r.result(UInt256(r.ip.pointee.i))
      case .wideConstant: r.result(r.wide)
      case .move: r.result(r.slot(r.ip.pointee.a).copy)
      case .exchange: r.exchange()

      case .load:
        guard let cell = r.cell(at: r.a, count: 32) else { return r.surrender() }
        r.result(UInt256(bigEndian: UnsafeRawPointer(cell)))
      case .loadImmediate:
        guard let cell = r.cell(at: r.ip.pointee.i, count: 32) else { return r.surrender() }
        r.result(UInt256(bigEndian: UnsafeRawPointer(cell)))
      case .store:
        guard let cell = r.cell(at: r.a, count: 32) else { return r.surrender() }
        r.b.store(bigEndian: UnsafeMutableRawPointer(cell))
        r.ip += 1
      case .storeImmediate:
        guard let cell = r.cell(at: r.ip.pointee.i, count: 32) else { return r.surrender() }
        r.b.store(bigEndian: UnsafeMutableRawPointer(cell))
        r.ip += 1
      case .storeByte:
        guard let cell = r.cell(at: r.a, count: 1) else { return r.surrender() }
        cell.pointee = UInt8(truncatingIfNeeded: r.b.l0)
        r.ip += 1
      case .calldataLoad: r.result(frame.inputWord(at: r.a))
      case .calldataLoadImmediate: r.result(frame.inputWord(at: UInt256(r.ip.pointee.i)))

      case .address: r.result(UInt256(frame.pointee.address))
      case .caller: r.result(UInt256(frame.pointee.caller))
      case .callValue: r.result(frame.pointee.value)
      case .calldataSize: r.result(UInt256(UInt64(frame.pointee.inputCount)))
      case .returnDataSize: r.result(UInt256(UInt64(frame.pointee.returnData.count)))
      case .memorySize: r.result(UInt256(UInt64(frame.pointee.memorySize)))
      case .gas: r.result(UInt256(UInt64(bitPattern: r.gas) &+ r.ip.pointee.i))

      case .reference:
        r.saveMeter()
        guard Reference<Rules>.perform(r.ip, r.sp, frame) else { return r.surrender() }
        r.loadMeter()
        r.ip += 1

      case .proceed:
        r.adjust()
        let next = r.ip.pointee.target
        guard r.enter(next) else { return r.surrender(before: next) }
      case .jump:
        let target = r.a
        r.adjust()
        guard let next = r.destination(target) else { return r.surrender(jumpingTo: target) }
        guard r.enter(next) else { return r.surrender(before: next) }
      case .jumpIf:
        if r.a.isZero {
          let next = r.ip[1].target
          r.adjust()
          guard r.enter(next) else { return r.surrender(before: next) }
        } else {
          let target = r.b
          r.adjust()
          guard let next = r.destination(target) else { return r.surrender(jumpingTo: target) }
          guard r.enter(next) else { return r.surrender(before: next) }
        }
      case .branch:
        if let entry = r.branch(!r.a.isZero) { return r.surrender(before: entry) }
      case .branchEqual:
        if let entry = r.branch(r.a == r.b) { return r.surrender(before: entry) }
      case .branchLess:
        if let entry = r.branch(r.a < r.b) { return r.surrender(before: entry) }
      case .branchSignedLess:
        if let entry = r.branch(r.a.isLessSigned(than: r.b)) { return r.surrender(before: entry) }
      case .branchEqualImmediate:
        let a = r.a
        if let entry = r.branch(((a.l0 ^ r.ip.pointee.i) | a.l1 | a.l2 | a.l3) == 0) {
          return r.surrender(before: entry)
        }
      case .branchLessImmediate:
        let a = r.a
        if let entry = r.branch(a.fitsUInt64 && a.l0 < r.ip.pointee.i) { return r.surrender(before: entry) }
      case .branchGreaterImmediate:
        let a = r.a
        if let entry = r.branch(!a.fitsUInt64 || a.l0 > r.ip.pointee.i) { return r.surrender(before: entry) }
      case .leave:
        r.adjust()
        frame.pointee.pc = frame.pointee.codeBase + Int(truncatingIfNeeded: r.ip.pointee.i)
        frame.pointee.sp = r.sp.assumingMemoryBound(to: UInt256.self)
        frame.pointee.resumption = UnsafePointer(bitPattern: UInt(r.ip.pointee.x))
        r.saveMeter()
        return Interpreter<Rules>.step(frame)
      case .invalidJump:
        r.saveMeter()
        frame.pointee.halt = .invalidJump
        return .halted
      }
    }
  }
}

/// What the block interpreter keeps in machine registers.
struct BlockRegisters<Rules: RuleSet>: MeterRegisters {
  var ip: UnsafePointer<BlockInstruction>
  /// The next free stack slot at the entry of the block; it moves at the end of a block only.
  var sp: UnsafeMutableRawPointer
  var gas: Int64
  var native: UInt64
  let frame: UnsafeMutablePointer<Frame>

  @inline(__always)
  init(_ frame: UnsafeMutablePointer<Frame>) {
    self.frame = frame
    sp = UnsafeMutableRawPointer(frame.pointee.sp)
    gas = frame.pointee.meter.gas
    native = frame.pointee.meter.native
    // Anywhere, until a block is entered.
    ip = UnsafeRawPointer(frame).assumingMemoryBound(to: BlockInstruction.self)
  }

  // MARK: Operands

  @inline(__always)
  func slot(_ offset: Int16) -> UnsafeMutablePointer<UInt256> {
    (sp + Int(offset)).assumingMemoryBound(to: UInt256.self)
  }

  @inline(__always) var a: UInt256 { slot(ip.pointee.a).word }
  @inline(__always) var b: UInt256 { slot(ip.pointee.b).word }
  /// The word to which the immediate points.
  @inline(__always)
  var wide: UInt256 {
    UnsafePointer<UInt256>(bitPattern: UInt(ip.pointee.i)).unsafelyUnwrapped.pointee
  }

  /// Stores the result of an instruction and goes on.
  @inline(__always)
  mutating func result(_ word: UInt256) {
    slot(ip.pointee.d).pointee = word
    ip += 1
  }

  @inline(__always)
  mutating func binary(_ body: (UInt256, UInt256) -> UInt256) { result(body(a, b)) }

  @inline(__always)
  mutating func relation(_ body: (UInt256, UInt256) -> Bool) { result(UInt256(bit(body(a, b)))) }

  @inline(__always)
  mutating func immediate(_ body: (UInt256, UInt64) -> UInt256) { result(body(a, ip.pointee.i)) }

  @inline(__always)
  mutating func ternary(_ body: (UInt256, UInt256, UInt256) -> UInt256) {
    result(body(a, b, slot(Int16(truncatingIfNeeded: ip.pointee.i)).word))
  }

  @inline(__always)
  mutating func exchange() {
    let (first, second) = (slot(ip.pointee.d), slot(ip.pointee.a))
    let words = (first.copy, second.copy)
    first.pointee = words.1
    second.pointee = words.0
    ip += 1
  }

  // MARK: Memory

  /// The address of memory at an offset, grown and paid for; `nil` if that fails.
  @inline(__always)
  mutating func cell(at offset: UInt256, count: UInt64) -> UnsafeMutablePointer<UInt8>? {
    if !offset.fitsUInt64 { return nil }
    return cell(at: offset.l0, count: count)
  }

  @inline(__always)
  mutating func cell(at offset: UInt64, count: UInt64) -> UnsafeMutablePointer<UInt8>? {
    let (end, overflow) = offset.addingReportingOverflow(count)
    if overflow || end > UInt64(frame.pointee.memorySize) {
      saveMeter()
      guard Reference<Rules>.grow(frame, offset, count) else { return nil }
      loadMeter()
    }
    return frame.pointee.memory + Int(truncatingIfNeeded: offset)
  }

  // MARK: Control

  /// Moves the stack pointer by what the block added.
  @inline(__always)
  mutating func adjust() { sp += Int(ip.pointee.d) }

  /// The entry to which a jump leads; `nil` if no jump may go there or no block begins there yet.
  @inline(__always)
  func destination(_ target: UInt256) -> UnsafePointer<BlockEntry>? {
    if !target.fitsUInt64 || target.l0 >= UInt64(frame.pointee.codeCount) { return nil }
    let number = frame.pointee.numbers[Int(truncatingIfNeeded: target.l0)].load(ordering: .acquiring)
    return number > 0 ? Translation.entry(number, frame.pointee.segments) : nil
  }

  /// Goes to the entry of this instruction or of the next one; returns the entry if it cannot be passed.
  @inline(__always)
  mutating func branch(_ condition: Bool) -> UnsafePointer<BlockEntry>? {
    let next = condition ? ip.pointee.target : ip[1].target
    adjust()
    return enter(next) ? nil : next
  }

  /// Pays for a block and goes to its first instruction; false, with nothing changed, where the block is not translated
  /// or gas, native or the stack do not allow it.
  @inline(__always)
  mutating func enter(_ entry: UnsafePointer<BlockEntry>) -> Bool {
    guard let head = entry.pointee.head else { return false }
    let remaining = gas &- Int64(head.pointee.gas)
    let height = UInt16(truncatingIfNeeded: UInt(bitPattern: sp)) &- head.pointee.need
    if remaining < 0 || height > head.pointee.room { return false }
    if Rules.metersNative {
      let cost = UInt64(head.pointee.native)
      if native < cost { return false }
      native &-= cost
    }
    gas = remaining
    ip = head.first
    return true
  }

  /// Hands the frame over before a block that it cannot pass, or that is not translated.
  @inline(never)
  func surrender(before entry: UnsafePointer<BlockEntry>) -> Exit {
    frame.pointee.resumption = entry.pointee.head == nil ? entry : nil
    return leave(at: Int(entry.pointee.offset))
  }

  /// Hands the frame over after a jump to where no block begins yet, or may begin.
  @inline(never)
  func surrender(jumpingTo target: UInt256) -> Exit {
    frame.pointee.resumption = nil
    guard target.fitsUInt64, frame.pointee.code.takeUnretainedValue().isJumpDestination(Int(clamping: target.l0)) else {
      saveMeter()
      frame.pointee.halt = .invalidJump
      return .halted
    }
    let offset = Int(truncatingIfNeeded: target.l0)
    let exit = leave(at: offset)
    return Heat.count(frame.pointee.destinations[offset]) ? .hot : exit
  }

  /// Hands the frame over before an instruction that fails.
  @inline(never)
  func surrender() -> Exit {
    saveMeter()
    Recovery.restore(frame, at: ip, sp, metersNative: Rules.metersNative)
    return .cold
  }

  private func leave(at offset: Int) -> Exit {
    frame.pointee.pc = frame.pointee.codeBase + offset
    frame.pointee.sp = sp.assumingMemoryBound(to: UInt256.self)
    saveMeter()
    return .cold
  }
}
