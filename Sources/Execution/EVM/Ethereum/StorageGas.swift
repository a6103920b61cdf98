// The price and refund of SSTORE through the revisions.

import Primitives

/// Gas of storage access in a revision.
///
/// Sources: yellow paper, EIP-1283 (Constantinople only), EIP-2200 (Istanbul), EIP-2929 (Berlin), EIP-3529 (London).
@frozen public struct StorageGas: Sendable, Equatable {
  /// Whether the price depends on the value at the beginning of the transaction ("net metering").
  public var isNet: Bool
  /// Extra for a slot that was not accessed before.
  public var cold: Int64
  /// A store that changes nothing, or a slot already changed in the transaction.
  public var same: Int64
  /// Zero becomes non-zero.
  public var set: Int64
  /// Any other first change.
  public var reset: Int64
  /// Refund for clearing.
  public var clearRefund: Int64

  /// The prices of a revision.
  public init(_ revision: Revision) {
    isNet = revision == .constantinople || revision >= .istanbul
    cold = revision >= .berlin ? 2100 : 0
    same = revision >= .berlin ? 100 : revision >= .istanbul ? 800 : isNet ? 200 : 5000
    set = 20_000
    reset = revision >= .berlin ? 2900 : 5000
    clearRefund = revision >= .london ? 4800 : 15_000
  }

  /// Gas (without ``cold``) and change of the refund counter when `current` becomes `new`.
  public func store(original: UInt256, current: UInt256, new: UInt256) -> (gas: Int64, refund: Int64) {
    guard isNet else {
      if current.isZero && !new.isZero { return (set, 0) }
      return (reset, !current.isZero && new.isZero ? clearRefund : 0)
    }
    if current == new { return (same, 0) }
    if original == current {
      if original.isZero { return (set, 0) }
      return (reset, new.isZero ? clearRefund : 0)
    }
    var refund: Int64 = 0
    if !original.isZero {
      if current.isZero { refund -= clearRefund }
      if new.isZero { refund += clearRefund }
    }
    if original == new { refund += (original.isZero ? set : reset) - same }
    return (same, refund)
  }
}
