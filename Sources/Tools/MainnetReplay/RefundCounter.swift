import EVM
import Primitives

/// Counts what Ethereum would refund for cleared storage (EIP-3529), which ZKsync OS does not: a shadow beside the
/// execution, so that gas can be compared to the unit.
struct RefundCounter: Tracer {
  /// Gas, before the cap of a fifth of the gas used.
  private(set) var refund: Int64 = 0
  /// What the open frames found when they began.
  private var frames: [Int64] = []
  /// Values at the start of the transaction of the slots written in it.
  private var originals: [Slot: UInt256] = [:]
  private var pending: (slot: Slot, current: UInt256, new: UInt256)?

  private struct Slot: Hashable {
    var address: Address
    var key: UInt256
  }

  private static let clearing: Int64 = 4_800
  /// The price of a first write minus that of a repeated one: 20,000 − 100 and 2,900 − 100.
  private static let restoringZero: Int64 = 19_900
  private static let restoringValue: Int64 = 2_800

  static var isActive: Bool { true }
  static var observesSteps: Bool { true }

  mutating func willStep(_ frame: FrameView, world: some WorldReader) {
    pending = nil
    guard frame.opcode == Opcode.sstore.rawValue, frame.stack.count >= 2 else { return }
    let slot = Slot(address: frame.address, key: frame.stack[frame.stack.count - 1])
    pending = (slot, world.peekStorage(slot.address, slot.key), frame.stack[frame.stack.count - 2])
  }

  mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {
    guard let (slot, current, new) = pending, halt == nil else { return }
    pending = nil
    let original = originals[slot, default: current]
    originals[slot] = original
    guard current != new else { return }
    if current == original {
      if !original.isZero && new.isZero { refund += Self.clearing }
      return
    }
    if !original.isZero {
      if current.isZero { refund -= Self.clearing }
      if new.isZero { refund += Self.clearing }
    }
    if new == original { refund += original.isZero ? Self.restoringZero : Self.restoringValue }
  }

  mutating func enter(_ event: FrameEvent, world: some WorldReader) { frames.append(refund) }

  mutating func leave(_ end: FrameEnd, world: some WorldReader) {
    guard let before = frames.popLast(), !end.status.succeeded else { return }
    refund = before
  }

  mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {}

  /// The refund of a transaction that used `gas`.
  func refund(ofGasUsed gas: UInt64) -> UInt64 { min(UInt64(max(refund, 0)), gas / 5) }
}
