// Executable code with the analysis that running it needs.

import Glibc
import Primitives
import Synchronization

/// A contract's code, ready to run: shared by every frame and thread that runs it.
///
/// The bytes are followed by zero bytes, so that the end of the code acts as STOP and an immediate that runs past the
/// end reads zeros, without a check in the interpreter. Besides the bytes it holds where jumps may go, how often they
/// went there, and the translation of what turned out to be hot.
public final class Code: @unchecked Sendable {
  /// Zero bytes after the code: a PUSH32 as the last byte reads 32, and the instruction after it is one more.
  package static let padding = 40

  /// Length in bytes, without padding.
  public let count: Int
  /// The code and its padding.
  @usableFromInline let base: UnsafeMutablePointer<UInt8>
  /// For each code byte 0 where no jump may go, else a ``Heat``.
  @usableFromInline let destinations: UnsafeMutablePointer<Atomic<UInt8>>

  /// The address of the translation, once there is one: made by the first thread that finds a block hot, and kept.
  let translation = Atomic<UInt>(0)
  /// The ``Heat`` of the beginning of the code.
  let startHeat: Atomic<UInt8>
  /// When blocks are translated.
  let policy: TranslationPolicy
  /// What the translations of a cache's codes may occupy together; `nil` for code that nobody keeps.
  let budget: TranslationBudget?

  /// Copies and analyses code.
  public convenience init(_ bytes: UnsafeRawBufferPointer, translation policy: TranslationPolicy = .standard) {
    self.init(bytes, policy, budget: nil)
  }

  /// Copies and analyses code.
  public convenience init(_ bytes: [UInt8], translation policy: TranslationPolicy = .standard) {
    self.init(bytes, policy, budget: nil)
  }

  init(_ bytes: UnsafeRawBufferPointer, _ policy: TranslationPolicy, budget: TranslationBudget?) {
    count = bytes.count
    self.budget = budget
    self.policy = policy
    startHeat = Atomic(policy.heat)
    (base, destinations) = Code.analysed(bytes, markedAs: policy.heat)
  }

  init(_ bytes: [UInt8], _ policy: TranslationPolicy, budget: TranslationBudget?) {
    count = bytes.count
    self.budget = budget
    self.policy = policy
    startHeat = Atomic(policy.heat)
    (base, destinations) = bytes.withUnsafeBytes { Code.analysed($0, markedAs: policy.heat) }
  }

  /// The code with its padding, and behind it in the same memory a byte for each of its bytes: `mark` for every JUMPDEST
  /// outside of push data, else 0.
  private static func analysed(
    _ bytes: UnsafeRawBufferPointer, markedAs mark: UInt8
  ) -> (code: UnsafeMutablePointer<UInt8>, destinations: UnsafeMutablePointer<Atomic<UInt8>>) {
    let count = bytes.count
    let code = UnsafeMutablePointer<UInt8>.allocate(capacity: 2 * count + Code.padding)
    if let source = bytes.baseAddress { UnsafeMutableRawPointer(code).copyMemory(from: source, byteCount: count) }
    memset(code + count, 0, Code.padding + count)
    let marks = code + count + Code.padding
    var index = 0
    while index < count {
      let byte = code[index]
      if byte == Opcode.jumpdest.byte {
        marks[index] = mark
      } else if byte >= Opcode.push1.byte && byte <= Opcode.push32.byte {
        index &+= Int(byte &- Opcode.push1.byte) &+ 1
      }
      index &+= 1
    }
    return (code, UnsafeMutableRawPointer(marks).bindMemory(to: Atomic<UInt8>.self, capacity: count))
  }

  deinit {
    base.deallocate()
    releaseTranslation()
  }

  /// The code, valid while the object lives.
  @inlinable public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Whether a jump may go to `offset`.
  @inlinable public func isJumpDestination(_ offset: Int) -> Bool {
    offset >= 0 && offset < count && destinations[offset].load(ordering: .relaxed) != 0
  }

  /// The code of an account that has none.
  public static let empty = Code([])
}
