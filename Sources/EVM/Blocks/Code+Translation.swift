// When code is translated, and who keeps the translation.

import Primitives
import Synchronization

/// The bytes that the translations of several codes may occupy together.
final class TranslationBudget: Sendable {
  private let limit: Int
  private let reserved = Atomic<Int>(0)

  init(limit: Int) { self.limit = limit }

  /// Bytes in use.
  var used: Int { reserved.load(ordering: .relaxed) }

  /// Takes bytes from the budget; false, with nothing taken, if that would exceed it.
  func reserve(_ bytes: Int) -> Bool {
    if reserved.add(bytes, ordering: .relaxed).newValue <= limit { return true }
    release(bytes)
    return false
  }

  func release(_ bytes: Int) { reserved.subtract(bytes, ordering: .relaxed) }
}

extension Code {
  /// How many jumps pay for a translation of `count` bytes. Translating costs some 20 ns a byte and saves some 10 ns a
  /// jump, now and at every later run.
  static func jumpsUntilHot(count: Int) -> Int { 32 + count / 4 }

  /// Jumps left until the code is hot: 1 to have it translated at its next activation, `Int.max` to have it never.
  public var heat: Int {
    get { jumpsUntilHot.load(ordering: .relaxed) }
    set { jumpsUntilHot.store(newValue, ordering: .relaxed) }
  }

  private var known: Unmanaged<Translation>? {
    UnsafeRawPointer(bitPattern: translation.load(ordering: .acquiring)).map(Unmanaged.fromOpaque)
  }

  /// The translation for a table, if there is one; it lives as long as the code.
  func translation(for table: UnsafePointer<InstructionTable>) -> Translation? {
    guard let translation = known?.takeUnretainedValue() else { return nil }
    return translation.table == table ? translation : nil
  }

  /// The translation for a table, made if need be. `nil` if there is one for another table, if there are too many blocks,
  /// or if the budget is used up; the code has cooled down then, for ever or for a while.
  func translate(_ table: UnsafePointer<InstructionTable>, truncatesShifts: Bool) -> Translation? {
    if known == nil {
      guard let made = Translation(self, table: table, truncatesShifts: truncatesShifts) else {
        heat = .max
        return nil
      }
      if let budget, !budget.reserve(made.size) {
        heat = 16 &* Code.jumpsUntilHot(count: count)
        return nil
      }
      let retained = Unmanaged.passRetained(made)
      let address = UInt(bitPattern: retained.toOpaque())
      if !translation.compareExchange(expected: 0, desired: address, ordering: .acquiringAndReleasing).exchanged {
        // Another thread was faster.
        budget?.release(made.size)
        retained.release()
      }
    }
    let translation = translation(for: table)
    if translation == nil { heat = .max }
    return translation
  }

  /// For the end of the code's life.
  func releaseTranslation() {
    guard let known else { return }
    budget?.release(known.takeUnretainedValue().size)
    known.release()
  }

  /// Bytes that the translation occupies, 0 for none.
  package var translationSize: Int { known?.takeUnretainedValue().size ?? 0 }
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
