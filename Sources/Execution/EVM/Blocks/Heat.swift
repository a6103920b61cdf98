// How often code is reached, and when that makes it worth a translation.

import Synchronization

/// A countdown in one byte: how often a place in the code may still be reached before it is hot; 1 is hot.
///
/// Threads that run the code at the same time may lose count, which matters to no result.
enum Heat {
  static var hot: UInt8 { 1 }
  /// For places that are not translated for a while: there is no memory, another thread is translating, or there may be no
  /// translation at all.
  static var cold: UInt8 { 255 }

  /// Counts one arrival; whether the place is hot.
  @inline(__always)
  static func count(_ heat: borrowing Atomic<UInt8>) -> Bool {
    let left = heat.load(ordering: .relaxed)
    if left <= hot { return true }
    heat.store(left &- 1, ordering: .relaxed)
    return false
  }
}

/// When the blocks of a code are translated.
public enum TranslationPolicy: Sendable, Equatable {
  /// Once a block has been reached so many times, at most 250. What comes for certain after a translated block follows it.
  case after(arrivals: UInt8)
  /// The reference interpreter alone runs the code.
  case never

  /// Translating an instruction takes as long as interpreting it some tens of times. Eight arrivals are what the short
  /// contracts of `zkos bench evm` gained most with.
  public static let standard = TranslationPolicy.after(arrivals: 8)
  /// Before a block runs for the first time.
  public static let atOnce = TranslationPolicy.after(arrivals: 0)

  /// What countdowns begin with.
  var heat: UInt8 {
    switch self {
    case .after(let arrivals): min(arrivals, 250) + Heat.hot
    case .never: Heat.cold
    }
  }
}
