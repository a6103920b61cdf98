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
  /// How much work, in gas, pays for a translation of `count` bytes. Translating takes some 20 to 50 ns a byte, and the
  /// block interpreter saves some 0.4 ns a gas, at every later run too.
  static func workUntilHot(count: Int) -> Int64 { 2000 &+ 64 &* Int64(count) }
  /// What an activation counts for, besides the gas that it spends.
  static var activationWork: Int64 { 100 }

  /// Gas until the code is hot: 0 to have it translated at its next activation, `Int64.max` to have it never.
  public var workLeft: Int64 {
    get { workUntilHot.load(ordering: .relaxed) }
    set { workUntilHot.store(newValue, ordering: .relaxed) }
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
        workLeft = .max
        return nil
      }
      if let budget, !budget.reserve(made.size) {
        workLeft = 16 &* Code.workUntilHot(count: count)
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
    if translation == nil { workLeft = .max }
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
      let left = code.workLeft
      workLeft = left == .max ? left : max(0, left &- Code.activationWork)
    }
  }

  /// Whether the code is hot without having been translated.
  var isHot: Bool { workLeft == 0 }

  mutating func adopt(_ translation: Translation) {
    entries = translation.entries
    entryIndices = translation.entryIndices
    workLeft = .max
    hotBelow = 0
  }

  /// Keeps count of the work of code that is not hot yet.
  @usableFromInline
  mutating func rememberHeat() {
    if workLeft != .max { code.takeUnretainedValue().workLeft = workLeft }
  }
}
