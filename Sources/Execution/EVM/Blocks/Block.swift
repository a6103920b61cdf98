// A translated block in memory, and the places through which control reaches it.

import Primitives
import Synchronization

/// The head of a translated block: what the whole block costs and needs, checked once. Its instructions follow it.
///
/// When one of the checks fails nothing has happened yet and the block cannot end well, so the reference interpreter
/// takes over at ``offset`` and finds out how it ends.
struct BlockHead: BitwiseCopyable {
  /// Constant gas of all instructions of the block.
  var gas: UInt32
  /// Constant native of all instructions of the block.
  var native: UInt32
  /// Bytes of stack that the block needs.
  var need: UInt16
  /// Bytes by which the stack may be higher than ``need`` without overflowing in the block.
  var room: UInt16
  /// Where the block begins in the code.
  var offset: UInt32
  /// Whether the body continues across jumps with a known target.
  var isMerging: Bool

  /// Bytes from the head to the first instruction.
  static var size: Int { 24 }
}

extension UnsafePointer<BlockHead> {
  @inline(__always)
  var first: UnsafePointer<BlockInstruction> {
    (UnsafeRawPointer(self) + BlockHead.size).assumingMemoryBound(to: BlockInstruction.self)
  }
}

/// A place in the code where a block begins, translated or not. It never moves: instructions point to it.
@usableFromInline
struct BlockEntry: ~Copyable {
  /// The address of the head, 0 as long as the block is not translated.
  private let address = Atomic<UInt>(0)
  /// Where the block begins in the code.
  let offset: UInt32
  /// Whether a jump may go here; then the code has its heat.
  let isDestination: Bool
  /// How often control may still come here without a jump before the block is hot.
  let heat: Atomic<UInt8>

  init(offset: Int, isDestination: Bool, heat: UInt8) {
    self.offset = UInt32(truncatingIfNeeded: offset)
    self.isDestination = isDestination
    self.heat = Atomic(heat)
  }

  @inline(__always)
  var head: UnsafePointer<BlockHead>? { UnsafePointer(bitPattern: address.load(ordering: .acquiring)) }

  /// Makes a block reachable; the head and all that it leads to are written.
  func publish(_ head: UnsafePointer<BlockHead>) { address.store(UInt(bitPattern: head), ordering: .releasing) }
}
