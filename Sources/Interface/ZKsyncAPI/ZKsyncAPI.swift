import ChainStorage
import EthereumAPI
import JSONRPC
import Mempool
import StateTree

/// The methods that only our node has: proofs of its state, and its raw encodings. Ethereum's own are in `EthereumAPI`.
public final class ZKsyncAPI: Sendable {
  let blocks: BlockLookup
  let prover: StateProver
  let mempool: Mempool

  /// - Parameters:
  ///   - blocks: that of the Ethereum API over the same chain.
  ///   - waitForTree: waits until the tree has a block, at most for a time; whether it has it then.
  public init(
    blocks: BlockLookup, storage: ChainStorage, tree: StateTree, mempool: Mempool,
    waitForTree: @escaping @Sendable (_ block: UInt64, _ atMost: Duration) -> Bool
  ) {
    self.blocks = blocks
    self.mempool = mempool
    prover = StateProver(storage: storage, tree: tree, waitForTree: waitForTree)
  }

  /// All methods, for a dispatcher.
  public var methods: MethodTable {
    var table = MethodTable()
    addProofMethods(to: &table)
    addRefusalMethods(to: &table)
    return table
  }
}
