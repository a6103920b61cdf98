import Primitives
import Transactions

/// Who hears what happens, on the thread on which it does: they are quick.
struct Listeners: Sendable {
  var onBlock: [@Sendable (ChainBlock, BlockBody) -> Void] = []
  var onExecutable: [@Sendable ([RecoveredTransaction]) -> Void] = []
  /// What never came into the pool.
  var onRefusedSubmission: [@Sendable (Bytes32, PoolRefusal) -> Void] = []
  var onRefusal: [@Sendable (RecoveredTransaction, PoolRefusal) -> Void] = []
}
