// The translation of a code: who makes it, who keeps it.

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
  private var known: Unmanaged<Translation>? {
    UnsafeRawPointer(bitPattern: translation.load(ordering: .acquiring)).map(Unmanaged.fromOpaque)
  }

  /// The translation for a table, if there is one; it lives as long as the code.
  func translation(for table: UnsafePointer<InstructionTable>) -> Translation? {
    guard let translation = known?.takeUnretainedValue() else { return nil }
    return translation.table == table ? translation : nil
  }

  /// The translation for a table, made if need be. `nil` if there is one for another table, if the code may have none, or
  /// if the budget is used up.
  func makeTranslation(for table: UnsafePointer<InstructionTable>) -> Translation? {
    if policy == .never { return nil }
    if known == nil {
      guard let made = Translation(self, table: table) else { return nil }
      let retained = Unmanaged.passRetained(made)
      let address = UInt(bitPattern: retained.toOpaque())
      // If another thread was faster, its translation counts.
      if !translation.compareExchange(expected: 0, desired: address, ordering: .acquiringAndReleasing).exchanged {
        retained.release()
      }
    }
    return translation(for: table)
  }

  /// For the end of the code's life.
  func releaseTranslation() { known?.release() }

  /// Bytes that the translation occupies, 0 for none.
  package var translationSize: Int { known?.takeUnretainedValue().size ?? 0 }
}

extension Frame {
  /// Prepares the frame for the interpreter that suits the code.
  @usableFromInline
  mutating func chooseTier(_ code: Code) {
    resumption = nil
    translation = nil
    if let translation = code.translation(for: table) { adopt(translation) }
    if translation?._withUnsafeGuaranteedRef({ $0.start.pointee.head != nil }) ?? false {
      resumption = start
    } else if Heat.count(code.startHeat) {
      startTranslated(code)
    }
  }

  /// Lets the frame of hot code begin in the block interpreter.
  private mutating func startTranslated(_ code: Code) {
    if translation == nil, let translation = code.makeTranslation(for: table) { adopt(translation) }
    if translation != nil {
      resumption = start
    } else {
      code.startHeat.store(Heat.cold, ordering: .relaxed)
    }
  }

  private var start: UnsafePointer<BlockEntry> { UnsafePointer(segments[0]) }

  mutating func adopt(_ translation: Translation) {
    self.translation = .passUnretained(translation)
    numbers = UnsafePointer(translation.numbers)
    segments = UnsafePointer(translation.segments)
  }
}
