// Executable code with the analysis that running it needs.

import Primitives
import Synchronization

/// A contract's code, ready to run: immutable, shared by every frame and thread that runs it.
///
/// The bytes are followed by zero bytes, so that the end of the code acts as STOP and an immediate that runs past the
/// end reads zeros, without a check in the interpreter.
public final class Code: @unchecked Sendable {
  /// Zero bytes after the code: a PUSH32 as the last byte reads 32, and the instruction after it is one more.
  package static let padding = 40

  /// Length in bytes, without padding.
  public let count: Int
  /// The code and its padding.
  @usableFromInline let base: UnsafeMutablePointer<UInt8>
  /// One bit per code byte: whether it is a JUMPDEST outside of push data.
  @usableFromInline let jumpDestinations: UnsafeMutablePointer<UInt8>

  /// The address of the translation, once there is one: made by the first thread that finds the code hot, and kept.
  let translation = Atomic<UInt>(0)
  /// Gas that the reference interpreter may still spend on the code before it is translated. Threads that run the code at
  /// the same time may lose count.
  let workUntilHot: Atomic<Int64>
  /// What the translations of a cache's codes may occupy together; `nil` for code that nobody keeps.
  let budget: TranslationBudget?

  /// Copies and analyses code.
  public convenience init(_ bytes: UnsafeRawBufferPointer) { self.init(bytes, budget: nil) }

  init(_ bytes: UnsafeRawBufferPointer, budget: TranslationBudget?) {
    count = bytes.count
    self.budget = budget
    workUntilHot = Atomic(Code.workUntilHot(count: count))
    base = .allocate(capacity: count + Code.padding)
    if let source = bytes.baseAddress { UnsafeMutableRawPointer(base).copyMemory(from: source, byteCount: count) }
    (base + count).initialize(repeating: 0, count: Code.padding)
    let bitmapSize = (count + 7) / 8 + 1
    jumpDestinations = .allocate(capacity: bitmapSize)
    jumpDestinations.initialize(repeating: 0, count: bitmapSize)
    var index = 0
    while index < count {
      let byte = base[index]
      if byte == Opcode.jumpdest.rawValue {
        jumpDestinations[index >> 3] |= 1 << UInt8(truncatingIfNeeded: index & 7)
      } else if byte >= Opcode.push1.rawValue && byte <= Opcode.push32.rawValue {
        index += Int(byte) - Int(Opcode.push1.rawValue) + 1
      }
      index += 1
    }
  }

  /// Copies and analyses code.
  public convenience init(_ bytes: [UInt8]) { self.init(bytes, budget: nil) }

  convenience init(_ bytes: [UInt8], budget: TranslationBudget?) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: bytes)
    self.init(UnsafeRawBufferPointer(start: copy.baseAddress, count: bytes.count), budget: budget)
  }

  deinit {
    base.deallocate()
    jumpDestinations.deallocate()
    releaseTranslation()
  }

  /// The code, valid while the object lives.
  @inlinable public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Whether a jump may go to `offset`.
  @inlinable public func isJumpDestination(_ offset: Int) -> Bool {
    offset >= 0 && offset < count && jumpDestinations[offset >> 3] >> UInt8(truncatingIfNeeded: offset & 7) & 1 == 1
  }

  /// The code of an account that has none.
  public static let empty = Code([])
}
