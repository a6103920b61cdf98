import ChainStorage
import EthereumAPI
import JSONRPC
import Mempool
import Primitives
import StateTree

/// The methods that ZKsync chains have beside Ethereum's, which are in `EthereumAPI`: settlement, fees, proofs of the state.
public final class ZKsyncAPI: Sendable {
  let ethereum: EthereumAPI
  let storage: ChainStorage
  let simulator: StateSimulator
  let settlement: any SettlementReader
  let prover: StateProver
  let mempool: Mempool
  let feeParameters: FeeParameters

  /// What the parts of a fee are made of.
  public struct FeeParameters: Sendable {
    /// Gas of a transaction, and bytes of pubdata of a batch, at most.
    public var maxGas: UInt64
    public var maxPubdata: Int

    public init(maxGas: UInt64, maxPubdata: Int) {
      self.maxGas = maxGas
      self.maxPubdata = maxPubdata
    }
  }

  /// - Parameters:
  ///   - ethereum: the API of Ethereum over the same chain.
  ///   - tree: `nil` for a node that keeps none.
  ///   - waitForTree: waits until the tree has a block, at most for a time; whether it has it then.
  public init(
    ethereum: EthereumAPI, storage: ChainStorage, simulator: StateSimulator, settlement: any SettlementReader,
    tree: StateTree?, mempool: Mempool, feeParameters: FeeParameters,
    waitForTree: @escaping @Sendable (_ block: UInt64, _ atMost: Duration) -> Bool
  ) {
    self.ethereum = ethereum
    self.storage = storage
    self.simulator = simulator
    self.settlement = settlement
    self.mempool = mempool
    self.feeParameters = feeParameters
    prover = StateProver(storage: storage, tree: tree, waitForTree: waitForTree)
  }

  var blocks: BlockLookup { ethereum.blocks }

  /// All methods, for a dispatcher.
  public var methods: MethodTable {
    var table = MethodTable()
    addProofMethods(to: &table)
    addRefusalMethods(to: &table)
    addContractMethods(to: &table)
    addTokenMethods(to: &table)
    addBatchMethods(to: &table)
    addDetailMethods(to: &table)
    addLogProofMethods(to: &table)
    addFeeMethods(to: &table)
    addProtocolMethods(to: &table)
    addDetailedSending(to: &table)
    return table
  }

  /// Reads a store, with its errors as clients see them.
  func reading<T>(_ body: () throws(StorageError) -> T) throws(RPCError) -> T {
    do throws(StorageError) { return try body() } catch { throw blocks.faults.internalError(error.description) }
  }
}
