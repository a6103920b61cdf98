// What the translator knows about the stack while it walks through a block.

import Primitives

/// Where a value is: in a slot of the stack, or known.
///
/// Slots are numbered from the height at the entry of the block: −1 is the top item at that time, 0 the first free slot.
struct SymbolicValue: Equatable {
  private var code: Int32
  private static var firstConstant: Int32 { 1 << 16 }

  static func slot(_ slot: Int) -> SymbolicValue { SymbolicValue(code: Int32(truncatingIfNeeded: slot)) }
  static func constant(_ index: Int) -> SymbolicValue {
    SymbolicValue(code: firstConstant &+ Int32(truncatingIfNeeded: index))
  }

  var isConstant: Bool { code >= Self.firstConstant }
  /// The slot, of a value that is not constant.
  var slot: Int { Int(code) }
  /// The index of the word among the block's constants.
  var constant: Int { Int(code &- Self.firstConstant) }
}

/// The stack of a block in translation.
///
/// DUP, SWAP, POP and PUSH only rename: they change which value is at a position and emit nothing. A result goes to the
/// slot of its position where no other value lives there, else to a temporary slot beyond the reach of the block.
struct SymbolicStack {
  /// How far below its entry height a block may look, and how far above it may grow.
  static var depth: Int { 512 }
  static var reach: Int { 128 }
  /// Slots for values that cannot be at their position; `temporary` is the first.
  static var temporary: Int { reach }
  static var temporaryCount: Int { 64 }
  /// Slots that only the end of a block uses.
  static var spare: Int { temporary + temporaryCount }
  /// A slot number that stands for no slot.
  static var none: Int { 1023 }
  private static var slotCount: Int { depth + spare + 4 }

  /// Index 0 is the position at the entry height.
  private let positions: UnsafeMutablePointer<SymbolicValue>
  /// For each slot how many positions (and cached constants) hold its content.
  private let references: UnsafeMutablePointer<UInt16>
  /// For the end of a block: for each slot how many moves have yet to read it, all 0 between uses, and moves to do.
  let readers: UnsafeMutablePointer<UInt16>
  let worklist: UnsafeMutablePointer<Int16>
  private let storage: UnsafeMutablePointer<SymbolicValue>
  private let counts: UnsafeMutablePointer<UInt16>

  /// Current height, and the lowest position that was looked at.
  private(set) var height = 0
  private(set) var lowest = 0
  private var highest = 0
  private var freeTemporaries = UInt64.max

  init() {
    storage = .allocate(capacity: Self.slotCount)
    counts = .allocate(capacity: 2 * Self.slotCount)
    counts.initialize(repeating: 0, count: 2 * Self.slotCount)
    worklist = .allocate(capacity: Self.slotCount)
    positions = storage + Self.depth
    references = counts + Self.depth
    readers = references + Self.slotCount
  }

  func deallocate() {
    storage.deallocate()
    counts.deallocate()
    worklist.deallocate()
  }

  /// Forgets everything: the beginning of a block.
  mutating func reset() {
    for slot in lowest..<max(highest, 0) { references[slot] = 0 }
    if freeTemporaries != .max {
      (references + Self.temporary).update(repeating: 0, count: Self.temporaryCount)
      freeTemporaries = .max
    }
    height = 0
    lowest = 0
    highest = 0
  }

  /// Makes the `count` topmost positions known.
  @inline(__always)
  mutating func require(_ count: Int) {
    let position = height &- count
    while lowest > position {
      lowest &-= 1
      positions[lowest] = .slot(lowest)
      references[lowest] &+= 1
    }
  }

  @inline(__always)
  subscript(position: Int) -> SymbolicValue {
    get { positions[position] }
    nonmutating set { positions[position] = newValue }
  }

  @inline(__always)
  mutating func push(_ value: SymbolicValue) {
    positions[height] = value
    height &+= 1
    if height > highest { highest = height }
    if !value.isConstant { references[value.slot] &+= 1 }
  }

  /// Takes the top value, whose slot stays reserved until ``release(_:)``.
  @inline(__always)
  mutating func pop() -> SymbolicValue {
    height &-= 1
    return positions[height]
  }

  @inline(__always)
  mutating func release(_ value: SymbolicValue) {
    if value.isConstant { return }
    let slot = value.slot
    references[slot] &-= 1
    if slot >= Self.temporary && references[slot] == 0 { freeTemporaries |= 1 &<< UInt64(slot &- Self.temporary) }
  }

  /// Whether any position holds the content of a slot.
  @inline(__always)
  func isLive(_ slot: Int) -> Bool { references[slot] != 0 }

  /// Pushes a result and returns the slot that it goes to.
  @inline(__always)
  mutating func pushResult() -> Int {
    let slot = references[height] == 0 ? height : takeTemporary()
    push(.slot(slot))
    return slot
  }

  /// Whether one more instruction will find the temporaries that it may need: one for each operand and the result.
  @inline(__always)
  var hasTemporaries: Bool { freeTemporaries.nonzeroBitCount >= 4 }

  /// A temporary slot that no position refers to yet.
  @inline(__always)
  private mutating func takeTemporary() -> Int {
    let index = freeTemporaries.trailingZeroBitCount
    freeTemporaries &= freeTemporaries &- 1
    return Self.temporary &+ index
  }

  /// A temporary slot that stays reserved to the end of the block.
  mutating func reserveTemporary() -> Int {
    let slot = takeTemporary()
    references[slot] = 1
    return slot
  }

  // MARK: Renaming

  @inline(__always)
  mutating func duplicate(_ n: Int) {
    require(n)
    push(positions[height &- n])
  }

  @inline(__always)
  mutating func swap(_ n: Int) {
    require(n &+ 1)
    let top = positions[height &- 1]
    positions[height &- 1] = positions[height &- 1 &- n]
    positions[height &- 1 &- n] = top
  }
}
