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

  /// The translation, once there is one: made by the first thread that finds the code hot, and kept.
  private let translation = Atomic<UInt>(0)
  /// Jumps that the reference interpreter may still do before the code is translated. Threads that run the code at the
  /// same time may lose count.
  private let jumpsUntilHot: Atomic<Int>

  /// Copies and analyses code.
  public init(_ bytes: UnsafeRawBufferPointer) {
    count = bytes.count
    jumpsUntilHot = Atomic(Code.jumpsUntilHot(count: count))
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
  public convenience init(_ bytes: [UInt8]) {
    self.init(bytes, count: bytes.count)
  }

  private convenience init(_ bytes: [UInt8], count: Int) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: bytes)
    self.init(UnsafeRawBufferPointer(start: copy.baseAddress, count: count))
  }

  deinit {
    base.deallocate()
    jumpDestinations.deallocate()
    if let translation = Code.translation(translation.load(ordering: .relaxed)) { translation.release() }
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

// MARK: Tiers

extension Code {
  /// How many jumps pay for a translation of `count` bytes: about as many as make the reference interpreter lose the time
  /// that translating takes.
  static func jumpsUntilHot(count: Int) -> Int { 64 + count / 2 }

  private static func translation(_ address: UInt) -> Unmanaged<Translation>? {
    UnsafeRawPointer(bitPattern: address).map { Unmanaged<Translation>.fromOpaque($0) }
  }

  /// The translation, if there is one for that table; it lives as long as the code.
  func translation(for table: UnsafePointer<InstructionTable>) -> Translation? {
    guard let known = Code.translation(translation.load(ordering: .acquiring))?.takeUnretainedValue() else { return nil }
    return known.table == table ? known : nil
  }

  /// The translation for a table, made if need be; `nil` if there is one for another table or none can be made.
  func translate(_ table: UnsafePointer<InstructionTable>, truncatesShifts: Bool) -> Translation? {
    if translation.load(ordering: .acquiring) == 0 {
      guard let made = Translation(self, table: table, truncatesShifts: truncatesShifts) else { return nil }
      let retained = Unmanaged.passRetained(made)
      let address = UInt(bitPattern: retained.toOpaque())
      let stored = translation.compareExchange(expected: 0, desired: address, ordering: .acquiringAndReleasing)
      // Another thread was faster.
      if !stored.exchanged { retained.release() }
    }
    return translation(for: table)
  }

  /// Bytes that the translation occupies.
  var translationSize: Int {
    Code.translation(translation.load(ordering: .acquiring))?.takeUnretainedValue().size ?? 0
  }

  /// Jumps left until the code is hot: 1 to have it translated at its next activation, `Int.max` to have it never.
  package var heat: Int {
    get { jumpsUntilHot.load(ordering: .relaxed) }
    set { jumpsUntilHot.store(newValue, ordering: .relaxed) }
  }
}

extension Frame {
  /// Prepares the frame for the interpreter that suits the code.
  @usableFromInline
  mutating func chooseTier(_ code: Code) {
    if let translation = code.translation(for: table) {
      adopt(translation)
      resumption = entries + 1
    } else {
      resumption = nil
      // An activation counts for some jumps.
      jumpsUntilHot = max(1, code.heat &- 8)
    }
  }

  /// Whether the code is hot without having been translated.
  var isHot: Bool { jumpsUntilHot == 1 }

  mutating func adopt(_ translation: Translation) {
    entries = translation.entries
    entryIndices = translation.entryIndices
    jumpsUntilHot = .max
  }

  /// Keeps count of the jumps of code that is not hot yet.
  @usableFromInline
  mutating func rememberHeat() {
    if jumpsUntilHot != .max { code.takeUnretainedValue().heat = jumpsUntilHot }
  }
}
