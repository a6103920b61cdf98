import L1Client
import Primitives

/// What L1 says in the state after one of its blocks.
struct PinnedView: Sendable {
  var head: L1Block
  var totals: BatchTotals
  /// The next nonce of each account.
  var nonces: [Address: UInt64]
}
