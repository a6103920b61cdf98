import Chain
import ChainStorage
import EthereumAPI
import JSONRPC
import Logging
import Mempool
import NodeOptions
import Primitives
import Sequencer
import Settlement
import StateTree
import Telemetry
import ZKsyncAPI
import ZKsyncOS

/// The methods over a node's stores, whatever its role.
struct NodeAPI {
  let ethereum: EthereumAPI
  let reader: ChainStoreReader
  let methods: MethodTable

  /// - Parameters:
  ///   - tree: with what brings it to every block; `nil` for a node that keeps none.
  ///   - settlement: what the node knows of its chain's way to L1.
  ///   - submitter: where transactions go.
  ///   - reorganisations: tells of blocks that are taken back; `nil` where none ever are.
  ///   - nextBaseFee: wei per gas of the next block.
  init(
    _ configuration: NodeConfiguration, _ options: SequencerOptions, chain: Chain, tree: StateTree?,
    pipeline: SettlementPipeline?, settlement: any SettlementReader, mempool: Mempool,
    submitter: any TransactionSubmitter, reorganisations: DroppedBlocks?,
    nextBaseFee: @escaping @Sendable () -> UInt64, registry: MetricsRegistry
  ) throws {
    let storage = chain.storage
    let state = StateStoreReader(storage.state)
    let log = Logger(label: "api")
    let headers: ServedHeaders = configuration.rpc.blockHeaders == .linked ? .linked : .hashed
    let simulator = StateSimulator(storage, limits: options.limits.alone, headers: headers) {
      (number) throws(SimulationError) in
      do throws(StorageError) {
        return try Self.context(of: number, storage, options)
      } catch {
        throw .failed(error.description)
      }
    }
    var optional = OptionalPorts()
    optional.transactionTracer = BlockTracer(storage, simulator: simulator)
    optional.pool = MempoolSubmitter(mempool)
    optional.accessTracer = simulator
    optional.sequences = simulator
    optional.reorganisations = reorganisations
    reader = try ChainStoreReader(
      storage.blocks, headers: headers, state: state, settlement: settlement, nextBaseFee: nextBaseFee, log: log)
    ethereum = EthereumAPI(
      EthereumAPI.Configuration(configuration), chain: reader, state: state, submitter: submitter,
      simulator: simulator, events: StreamEvents(chain.stream, mempool), optional: optional, metrics: registry,
      log: log)
    var methods = ethereum.methods
    methods.merge(
      ZKsyncAPI(
        ethereum: ethereum, storage: storage, simulator: simulator, settlement: settlement, tree: tree,
        mempool: mempool,
        feeParameters: ZKsyncAPI.FeeParameters(maxGas: options.gasLimit, maxPubdata: options.limits.maxPubdata),
        waitForTree: { pipeline?.waitForTree($0, atMost: $1) ?? false }
      ).methods)
    self.methods = methods
  }

  /// The context in which calls on top of a block are simulated: its own; for block 0, which has none, the one that block 1
  /// would have.
  private static func context(
    of number: UInt64, _ storage: ChainStorage, _ options: SequencerOptions
  ) throws(StorageError) -> BlockContext? {
    if let context = try storage.log.context(number) { return context }
    guard number == 0, let genesis = try storage.blocks.header(0) else { return nil }
    return options.context(number: 0, timestamp: genesis.header.timestamp, blockHashes: BlockHashes())
  }
}
