// Ends of blocks: values go to their positions, then control goes on.

import Primitives

extension Translator {
  /// Goes on at `offset` without a jump.
  mutating func endProceeding(at offset: Int) {
    settle()
    end(.proceed, x: continuation(at: offset, isCertain: true))
  }

  /// Lets the reference interpreter carry out the instruction at `offset`.
  mutating func endLeaving(at offset: Int, goesOn: Bool) {
    settle()
    end(.leave, i: UInt64(offset), x: goesOn ? continuation(at: offset + 1, isCertain: true) : 0)
  }

  /// A jump to a known target, valid or not.
  mutating func endJumping(to target: UInt256) {
    settle()
    end(.proceed, x: destination(target, isCertain: true))
  }

  /// A jump to a computed target.
  mutating func endJumping(_ target: SymbolicValue) {
    var slot = target.slot
    keep(&slot, in: 0)
    settle()
    end(.jump, a: slot, x: 0)
  }

  /// JUMPI. Execution goes on at `offset` if it does not jump.
  mutating func endBranching(_ target: SymbolicValue, on condition: SymbolicValue) {
    if let word = word(condition) {
      if word.isZero { return endProceeding(at: offset) }
      if target.isConstant { return endJumping(to: constants[target.constant]) }
      return endJumping(target)
    }
    stack.release(condition)
    var test = target.isConstant ? fuse(condition.slot) : Test(operation: .jumpIf, a: condition.slot, b: target.slot)
    keep(&test.a, in: 0)
    if test.b != SymbolicStack.none { keep(&test.b, in: 1) }
    settle()
    let next = continuation(at: offset, isCertain: false)
    let taken = word(target).map { destination($0, isCertain: false) } ?? 0
    end(test.operation, a: test.a, b: test.b, i: test.i, x: test.isNegated ? next : taken)
    emit(.proceed, d: stack.height, x: test.isNegated ? taken : next)
  }

  /// Emits the end, and tells the block's GAS instructions what came after them.
  private mutating func end(_ operation: BlockOperation, a: Int = 0, b: Int = 0, i: UInt64 = 0, x: UInt64) {
    emit(operation, d: stack.height, a: a, b: b, i: i, x: x)
    for index in 0..<gasReaders.count {
      var reader = instructions[gasReaders[index]]
      reader.i = UInt64(gas) &- reader.i
      instructions[gasReaders[index]] = reader
    }
  }

  // MARK: Conditions

  /// What a branch tests.
  private struct Test {
    var operation: BlockOperation
    var a: Int
    var b = SymbolicStack.none
    var i: UInt64 = 0
    /// Whether the branch is taken where the test fails.
    var isNegated = false
  }

  /// Takes the comparison that produced a condition out of the block and into the branch, if nothing else needs it.
  private mutating func fuse(_ condition: Int) -> Test {
    var test = Test(operation: .branch, a: condition)
    while instructions.count > 0, test.operation == .branch, !stack.isLive(test.a) {
      let last = instructions[instructions.count &- 1]
      guard Int(last.d) == test.a &* 32 else { break }
      switch last.operation {
      case .isZero: test.isNegated.toggle()
      case .equal: test.operation = .branchEqual
      case .lessThan: test.operation = .branchLess
      case .signedLessThan: test.operation = .branchSignedLess
      case .equalImmediate: test.operation = .branchEqualImmediate
      case .lessThanImmediate: test.operation = .branchLessImmediate
      case .greaterThanImmediate: test.operation = .branchGreaterImmediate
      case .sub, .xor:
        test.operation = .branchEqual
        test.isNegated.toggle()
      case .subImmediate, .xorImmediate:
        test.operation = .branchEqualImmediate
        test.isNegated.toggle()
      default: return test
      }
      test.a = Int(last.a) / 32
      test.b = last.operation.hasSecondOperand ? Int(last.b) / 32 : SymbolicStack.none
      test.i = last.i
      instructions.truncate(to: instructions.count &- 1)
    }
    return test
  }

  // MARK: Settling

  /// Moves an operand of the end to a spare slot if ``settle()`` is going to overwrite it.
  private mutating func keep(_ slot: inout Int, in spare: Int) {
    guard slot >= stack.lowest, slot < stack.height, stack[slot] != .slot(slot) else { return }
    emit(.move, d: SymbolicStack.spare &+ spare, a: slot)
    slot = SymbolicStack.spare &+ spare
  }

  /// Moves every value to its position: the parallel moves first whose target nobody reads any more, then the cycles,
  /// then the constants.
  private mutating func settle() {
    var ready = 0
    var moves = 0
    for position in stack.lowest..<stack.height {
      if let source = stack.source(position) {
        stack.readers[source] &+= 1
        moves &+= 1
      }
    }
    if moves > 0 {
      for position in stack.lowest..<stack.height
      where stack.readers[position] == 0 && stack.source(position) != nil {
        stack.worklist[ready] = Int16(truncatingIfNeeded: position)
        ready &+= 1
      }
      while ready > 0 {
        ready &-= 1
        let position = Int(stack.worklist[ready])
        guard let source = stack.source(position) else { continue }
        emit(.move, d: position, a: source)
        stack[position] = .slot(position)
        stack.readers[source] &-= 1
        if stack.readers[source] == 0 && source < stack.height && stack.source(source) != nil {
          stack.worklist[ready] = Int16(truncatingIfNeeded: source)
          ready &+= 1
        }
      }
      for position in stack.lowest..<stack.height { rotate(position) }
    }
    for position in stack.lowest..<stack.height where stack[position].isConstant {
      emitConstant(constants[stack[position].constant], to: position)
    }
  }

  /// Carries out the cycle of moves that begins at a position, if one does.
  private mutating func rotate(_ first: Int) {
    var position = first
    while let source = stack.source(position) {
      stack.readers[source] &-= 1
      stack[position] = .slot(position)
      if source == first { break }
      emit(.exchange, d: position, a: source)
      position = source
    }
  }
}

extension SymbolicStack {
  /// The slot from which the value of a position must be moved; `nil` where it is in place or constant.
  @inline(__always)
  func source(_ position: Int) -> Int? {
    let value = self[position]
    return value.isConstant || value.slot == position ? nil : value.slot
  }
}
