// The reference interpreter's instruction bodies, for the block interpreter.

import Primitives

/// Instructions that the block interpreter leaves to the reference interpreter, their constant cost being paid.
enum Reference<Rules: RuleSet> {
  /// Carries out one instruction; false if it fails, and then the frame is as before except for its meter.
  ///
  /// The operands are copied to the spare half of the stack's memory, where the body finds and leaves what it would on
  /// the stack.
  @inline(never)
  static func perform(
    _ instruction: UnsafePointer<BlockInstruction>, _ base: UnsafeMutableRawPointer,
    _ frame: UnsafeMutablePointer<Frame>
  ) -> Bool {
    func slot(_ offset: Int16) -> UnsafeMutablePointer<UInt256> {
      (base + Int(offset)).assumingMemoryBound(to: UInt256.self)
    }
    let i = instruction.pointee.i
    let opcode = Opcode(byte: UInt8(truncatingIfNeeded: i))
    let (memorySize, memoryGas) = (frame.pointee.memorySize, frame.pointee.memoryGas)
    var r = Registers<Rules>(frame)
    let bottom = frame.pointee.stackBase + 2040
    do throws(Halt) {
      switch opcode {
      case .exp, .keccak256:
        r.sp = bottom
        r.push(slot(instruction.pointee.b).pointee)
        r.push(slot(instruction.pointee.a).pointee)
      case .blobhash:
        r.sp = bottom
        r.push(slot(instruction.pointee.a).pointee)
      case .calldatacopy, .codecopy, .returndatacopy, .mcopy:
        r.sp = bottom
        r.push(slot(Int16(truncatingIfNeeded: i >> 16)).pointee)
        r.push(slot(instruction.pointee.b).pointee)
        r.push(slot(instruction.pointee.a).pointee)
      default: r.sp = bottom
      }
      switch opcode {
      case .exp: try r.exp()
      case .keccak256: try r.keccak256()
      case .calldatacopy: try r.calldatacopy()
      case .codecopy: try r.codecopy()
      case .returndatacopy: try r.returndatacopy()
      case .mcopy: try r.mcopy()
      case .origin: r.origin()
      case .gasprice: r.gasprice()
      case .coinbase: r.coinbase()
      case .timestamp: r.timestamp()
      case .number: r.number()
      case .prevrandao: r.prevrandao()
      case .gaslimit: r.gaslimit()
      case .chainid: r.chainid()
      case .basefee: r.basefee()
      case .blobhash: r.blobhash()
      case .blobbasefee: r.blobbasefee()
      default: return false
      }
    } catch {
      frame.pointee.memorySize = memorySize
      frame.pointee.memoryGas = memoryGas
      return false
    }
    r.saveMeter()
    if r.sp > bottom { slot(instruction.pointee.d).pointee = r.take() }
    return true
  }

  /// Pays for memory and grows it; false if that fails, and then the frame is as before except for its meter.
  @inline(never)
  static func grow(_ frame: UnsafeMutablePointer<Frame>, _ offset: UInt64, _ count: UInt64) -> Bool {
    if offset > frame.pointee.table.pointee.wordLimit { return false }
    let (end, overflow) = offset.addingReportingOverflow(count)
    do throws(Halt) {
      try Memory<Rules>.grow(frame, to: overflow ? .max : end)
      return true
    } catch {
      return false
    }
  }
}
