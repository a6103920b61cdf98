import Primitives
import Transactions

/// Who hears what happens, on the thread on which it does: they are quick.
struct Listeners: Sendable {
  var onBlock: [@Sendable (ChainBlock, BlockBody) -> Void] = []
  var onExecutable: [@Sendable ([RecoveredTransaction]) -> Void] = []
  var onRefusal: [@Sendable (RecoveredTransaction, PoolRefusal) -> Void] = []
}
