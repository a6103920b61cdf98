// One instruction of a block: names for what only moves, an emitted instruction for what computes.

import Primitives

extension Translator {
  /// Translates an instruction that neither jumps nor leaves the block.
  @inline(__always)
  mutating func translate(_ opcode: Opcode) {
    switch opcode {
    case .jumpdest: break
    case .pop: stack.release(stack.pop())
    case .push0: push(.zero)
    case .push1: push(UInt256(UInt64(code[offset])))
    case .dup1, .dup2, .dup3, .dup4, .dup5, .dup6, .dup7, .dup8, .dup9, .dup10, .dup11, .dup12, .dup13, .dup14, .dup15,
      .dup16:
      stack.duplicate(Int(opcode.rawValue &- Opcode.dup1.rawValue) &+ 1)
    case .swap1, .swap2, .swap3, .swap4, .swap5, .swap6, .swap7, .swap8, .swap9, .swap10, .swap11, .swap12, .swap13,
      .swap14, .swap15, .swap16:
      stack.swap(Int(opcode.rawValue &- Opcode.swap1.rawValue) &+ 1)
    case .pc: push(UInt256(UInt64(offset &- 1)))
    case .codesize: push(UInt256(UInt64(count)))

    case .add: add()
    case .mul: multiply()
    case .sub: subtract()
    case .div: divide()
    case .mod: remainder()
    case .sdiv: binary(.sdiv, opcode)
    case .smod: binary(.smod, opcode)
    case .addmod: ternary(.addMod)
    case .mulmod: ternary(.mulMod)
    case .signextend: indexed(.signExtend, .signExtendImmediate, opcode)
    case .byte: indexed(.byte, .byteImmediate, opcode)
    case .lt: less(swapped: false)
    case .gt: less(swapped: true)
    case .slt: signedLess(swapped: false)
    case .sgt: signedLess(swapped: true)
    case .eq: commutative(.equal, .equalImmediate, opcode)
    case .iszero: unary(.isZero, opcode)
    case .not: unary(.not, opcode)
    case .and: commutative(.and, .andImmediate, opcode, wide: .andWide)
    case .or: commutative(.or, .orImmediate, opcode)
    case .xor: commutative(.xor, .xorImmediate, opcode)
    case .shl: indexed(.shiftLeft, .shiftLeftImmediate, opcode)
    case .shr: indexed(.shiftRight, .shiftRightImmediate, opcode)
    case .sar: indexed(.shiftRightArithmetic, .shiftRightArithmeticImmediate, opcode)

    case .mload: load(.load, .loadImmediate)
    case .mstore: store()
    case .mstore8: storeByte()
    case .calldataload: load(.calldataLoad, .calldataLoadImmediate)
    case .msize: property(.memorySize)
    case .address: property(.address)
    case .caller: property(.caller)
    case .callvalue: property(.callValue)
    case .calldatasize: property(.calldataSize)
    case .returndatasize: property(.returnDataSize)
    case .gas:
      gasReaders.append(instructions.count)
      property(.gas, i: UInt64(gas))

    case .exp, .keccak256: reference(opcode, operands: 2, hasResult: true)
    case .blobhash: reference(opcode, operands: 1, hasResult: true)
    case .calldatacopy, .codecopy, .returndatacopy, .mcopy: reference(opcode, operands: 3, hasResult: false)
    default:
      if opcode.immediateCount > 0 {
        push(immediate(opcode.immediateCount))
      } else {
        reference(opcode, operands: 0, hasResult: true)
      }
    }
  }

  // MARK: Constants

  /// The immediate of PUSH1 … PUSH32.
  private func immediate(_ bytes: Int) -> UInt256 {
    UInt256(bigEndian: UnsafeRawPointer(code + offset)) >> UInt64(256 &- 8 &* bytes)
  }

  @inline(__always)
  mutating func push(_ word: UInt256) {
    constants.append(word)
    stack.push(.constant(constants.count &- 1))
  }

  func word(_ value: SymbolicValue) -> UInt256? { value.isConstant ? constants[value.constant] : nil }

  /// The slot of a value; a constant is loaded into a temporary, once in a block.
  @inline(__always)
  mutating func slot(_ value: SymbolicValue) -> Int {
    value.isConstant ? load(value) : value.slot
  }

  private mutating func load(_ value: SymbolicValue) -> Int {
    let word = constants[value.constant]
    for index in 0..<loaded.count where constants[Int(loaded[index].constant)] == word {
      return Int(loaded[index].slot)
    }
    let slot = stack.reserveTemporary()
    loaded.append((Int32(value.constant), Int32(slot)))
    emitConstant(word, to: slot)
    return slot
  }

  mutating func emitConstant(_ word: UInt256, to slot: Int) {
    if word.fitsUInt64 {
      emit(.constant, d: slot, i: word.l0)
    } else {
      emit(.wideConstant, d: slot, i: wide(word))
    }
  }

  /// The index of a word that instructions point to.
  private mutating func wide(_ word: UInt256) -> UInt64 {
    if words.count > 0 && words[words.count &- 1] == word { return UInt64(words.count &- 1) }
    words.append(word)
    return UInt64(words.count &- 1)
  }

  // MARK: Shapes of instructions

  /// Takes two operands, of which at least one is not constant, and puts the result in their place.
  @inline(__always)
  private mutating func result(
    _ operation: BlockOperation, _ a: SymbolicValue, _ b: SymbolicValue? = nil, i: UInt64 = 0
  ) {
    let first = slot(a)
    let second = b.map { slot($0) } ?? 0
    stack.release(a)
    if let b { stack.release(b) }
    emit(operation, d: stack.pushResult(), a: first, b: second, i: i)
  }

  /// Folds two constants into their result.
  @inline(__always)
  private mutating func fold(_ opcode: Opcode, _ a: SymbolicValue, _ b: SymbolicValue) -> Bool {
    guard a.isConstant, b.isConstant else { return false }
    push(opcode.evaluate(constants[a.constant], constants[b.constant], truncatesShifts: truncatesShifts))
    return true
  }

  private mutating func binary(_ operation: BlockOperation, _ opcode: Opcode) {
    let (a, b) = (stack.pop(), stack.pop())
    if !fold(opcode, a, b) { result(operation, a, b) }
  }

  private mutating func unary(_ operation: BlockOperation, _ opcode: Opcode) {
    let a = stack.pop()
    if let word = word(a) {
      push(opcode.evaluate(word, .zero, truncatesShifts: truncatesShifts))
    } else {
      result(operation, a)
    }
  }

  private mutating func ternary(_ operation: BlockOperation) {
    let (a, b, c) = (stack.pop(), stack.pop(), stack.pop())
    let (first, second, third) = (slot(a), slot(b), slot(c))
    stack.release(a)
    stack.release(b)
    stack.release(c)
    emit(operation, d: stack.pushResult(), a: first, b: second, i: offset(of: third))
  }

  /// A slot as the low bits of an immediate.
  func offset(of slot: Int) -> UInt64 { UInt64(UInt16(bitPattern: Int16(truncatingIfNeeded: slot &* 32))) }

  /// An instruction whose operands can change places.
  private mutating func commutative(
    _ operation: BlockOperation, _ immediate: BlockOperation, _ opcode: Opcode,
    wide wideOperation: BlockOperation? = nil
  ) {
    var (a, b) = (stack.pop(), stack.pop())
    if fold(opcode, a, b) { return }
    if a.isConstant { (a, b) = (b, a) }
    if let word = word(b) {
      if word.fitsUInt64 { return result(immediate, a, i: word.l0) }
      if let wideOperation { return result(wideOperation, a, i: wide(word)) }
    }
    result(operation, a, b)
  }

  /// BYTE, SIGNEXTEND and the shifts: an index or count on the top, the value below.
  private mutating func indexed(_ operation: BlockOperation, _ immediate: BlockOperation, _ opcode: Opcode) {
    let (index, value) = (stack.pop(), stack.pop())
    if fold(opcode, index, value) { return }
    if let word = word(index) {
      let isShift = opcode == .shl || opcode == .shr
      let amount = isShift && truncatesShifts ? word.saturatedUInt64 & 0xffff_ffff : word.saturatedUInt64
      return result(immediate, value, i: amount)
    }
    result(operation, value, index)
  }

  // MARK: Arithmetic

  private mutating func add() {
    let (a, b) = (stack.pop(), stack.pop())
    if word(a) == .zero { return stack.push(released: b) }
    if word(b) == .zero { return stack.push(released: a) }
    stack.push(released: b)
    stack.push(released: a)
    commutative(.add, .addImmediate, .add, wide: .addWide)
  }

  private mutating func subtract() {
    let (a, b) = (stack.pop(), stack.pop())
    if fold(.sub, a, b) { return }
    if let word = word(b) {
      if word.fitsUInt64 { return result(.subImmediate, a, i: word.l0) }
      return result(.addWide, a, i: wide(word.negated))
    }
    result(.sub, a, b)
  }

  private mutating func multiply() {
    var (a, b) = (stack.pop(), stack.pop())
    if fold(.mul, a, b) { return }
    if a.isConstant { (a, b) = (b, a) }
    if let word = word(b) {
      if let exponent = word.exponentOfTwo { return result(.shiftLeftImmediate, a, i: exponent) }
      if word.fitsUInt64 { return result(.mulImmediate, a, i: word.l0) }
    }
    result(.mul, a, b)
  }

  private mutating func divide() {
    let (a, b) = (stack.pop(), stack.pop())
    if fold(.div, a, b) { return }
    if let word = word(b) {
      if let exponent = word.exponentOfTwo { return result(.shiftRightImmediate, a, i: exponent) }
      if word.fitsUInt64 && !word.isZero { return result(.divImmediate, a, i: word.l0) }
    }
    result(.div, a, b)
  }

  private mutating func remainder() {
    let (a, b) = (stack.pop(), stack.pop())
    if fold(.mod, a, b) { return }
    if let word = word(b) {
      if word.exponentOfTwo != nil {
        let mask = word &- .one
        return mask.fitsUInt64 ? result(.andImmediate, a, i: mask.l0) : result(.andWide, a, i: wide(mask))
      }
      if word.fitsUInt64 && !word.isZero { return result(.modImmediate, a, i: word.l0) }
    }
    result(.mod, a, b)
  }

  /// LT, and GT with `swapped` operands.
  private mutating func less(swapped: Bool) {
    var (a, b) = (stack.pop(), stack.pop())
    if fold(swapped ? .gt : .lt, a, b) { return }
    if swapped { (a, b) = (b, a) }
    if let word = word(b), word.fitsUInt64 { return result(.lessThanImmediate, a, i: word.l0) }
    if let word = word(a), word.fitsUInt64 { return result(.greaterThanImmediate, b, i: word.l0) }
    result(.lessThan, a, b)
  }

  private mutating func signedLess(swapped: Bool) {
    let (a, b) = (stack.pop(), stack.pop())
    if fold(swapped ? .sgt : .slt, a, b) { return }
    if swapped { result(.signedLessThan, b, a) } else { result(.signedLessThan, a, b) }
  }

  // MARK: Memory, calldata, properties

  /// MLOAD and CALLDATALOAD.
  private mutating func load(_ operation: BlockOperation, _ immediate: BlockOperation) {
    let a = stack.pop()
    if let word = word(a), word.fitsUInt64 {
      emit(immediate, d: stack.pushResult(), i: word.l0)
    } else {
      result(operation, a)
    }
  }

  private mutating func store() {
    let (a, b) = (stack.pop(), stack.pop())
    let value = slot(b)
    if let word = word(a), word.fitsUInt64 {
      emit(.storeImmediate, b: value, i: word.l0)
    } else {
      emit(.store, a: slot(a), b: value)
    }
    stack.release(a)
    stack.release(b)
  }

  private mutating func storeByte() {
    let (a, b) = (stack.pop(), stack.pop())
    emit(.storeByte, a: slot(a), b: slot(b))
    stack.release(a)
    stack.release(b)
  }

  private mutating func property(_ operation: BlockOperation, i: UInt64 = 0) {
    emit(operation, d: stack.pushResult(), i: i)
  }

  /// An instruction whose body the reference interpreter provides: the opcode is in the low byte of the immediate, the
  /// third operand in the 16 bits above it.
  private mutating func reference(_ opcode: Opcode, operands: Int, hasResult: Bool) {
    var values: InlineArray<3, SymbolicValue> = .init(repeating: .slot(0))
    var slots: InlineArray<3, Int> = .init(repeating: 0)
    for index in 0..<operands {
      values[index] = stack.pop()
      slots[index] = slot(values[index])
    }
    for index in 0..<operands { stack.release(values[index]) }
    let i = UInt64(opcode.rawValue) | offset(of: slots[2]) &<< 16
    emit(.reference, d: hasResult ? stack.pushResult() : 0, a: slots[0], b: slots[1], i: i)
  }
}

extension SymbolicStack {
  /// Puts back a value that was taken and not released.
  @inline(__always)
  mutating func push(released value: SymbolicValue) {
    push(value)
    release(value)
  }
}
