import JSON
import JSONRPC
import Primitives
import Telemetry
import Transactions

/// The methods that Ethereum clients call, over whatever gives access to chain, state, mempool and virtual machine.
///
/// Cheap methods, those answered from memory, run on the event loop; all others on the worker pool. Shapes are those of
/// zksync-os-server, error codes and messages those of geth; where the reference has a defect that geth has not (reverts
/// that look like success, a constant fee history), geth's behaviour is kept.
public final class NodeAPI: Sendable {
  public struct Configuration: Sendable {
    public var chainID: UInt64 = 270
    public var clientVersion = "zksync-os-sequencer"
    /// Gas of `eth_call` where the request names none, and at most.
    public var callGas: UInt64 = 10_000_000
    /// Blocks that a query for logs may span.
    public var maxBlocksPerFilter: UInt64 = 100_000
    /// Logs that a query over several blocks may give.
    public var maxLogsPerResponse = 20_000
    /// A filter that nobody asks is forgotten after this time.
    public var staleFilterTime = Duration.seconds(15 * 60)
    /// Filters that may exist at once.
    public var maxFilters = 10_000
    /// Blocks of one fee history.
    public var maxFeeHistoryBlocks: UInt64 = 1_024
    /// Slots of one proof: what fits into a response with room to spare.
    public var maxProofSlots = 1_024

    public init() {}
  }

  let configuration: Configuration
  let chain: any ChainReader
  let state: any StateReader
  let submitter: any TransactionSubmitter
  let simulator: any Simulator
  let prover: any StateProver
  let metrics: NodeMetrics
  let filters: FilterRegistry
  let subscriptions = SubscriptionHub()

  public init(
    _ configuration: Configuration = Configuration(), chain: any ChainReader, state: any StateReader,
    submitter: any TransactionSubmitter, simulator: any Simulator, prover: any StateProver, metrics: NodeMetrics
  ) {
    self.configuration = configuration
    self.chain = chain
    self.state = state
    self.submitter = submitter
    self.simulator = simulator
    self.prover = prover
    self.metrics = metrics
    filters = FilterRegistry(limit: configuration.maxFilters, staleTime: configuration.staleFilterTime)
  }

  /// All methods, for a dispatcher.
  public var methods: MethodTable {
    var table = MethodTable()
    addChainMethods(to: &table)
    addBlockMethods(to: &table)
    addTransactionMethods(to: &table)
    addAccountMethods(to: &table)
    addCallMethods(to: &table)
    addLogMethods(to: &table)
    addSubscriptionMethods(to: &table)
    addProofMethods(to: &table)
    addDebugMethods(to: &table)
    addUnsupportedMethods(to: &table)
    return table
  }

  // MARK: Told by the node

  /// A block has become visible: the chain reader answers for it already. Subscribers are told.
  public func announce(block number: UInt64) { subscriptions.announce(block: number, chain) }

  /// Transactions have become executable. Subscribers and filters are told.
  public func announce(pending transactions: [RecoveredTransaction]) {
    filters.announce(pending: transactions)
    subscriptions.announce(pending: transactions)
  }

  // MARK: Blocks that clients mean

  /// The number that `id` means; `nil` where there is no such block.
  func number(of id: BlockID) throws(RPCError) -> UInt64? {
    switch id {
    case .latest, .pending: return chain.head.number
    case .earliest: return 0
    case .safe:
      guard let number = chain.safeBlock else { throw .refused("safe block not found") }
      return number
    case .finalized:
      guard let number = chain.finalizedBlock else { throw .refused("finalized block not found") }
      return number
    case .number(let number): return number <= chain.head.number ? number : nil
    case .hash(let hash): return try reading { () throws(ChainReadError) in try chain.number(ofBlock: hash) }
    }
  }

  /// The block after which state is asked for; the newest where none is named.
  func stateNumber(of id: BlockID?) throws(RPCError) -> UInt64 {
    guard let number = try number(of: id ?? .latest) else { throw .refused("block not found") }
    return number
  }

  func header(of id: BlockID) throws(RPCError) -> SealedHeader? {
    if id == .latest || id == .pending { return chain.head }
    guard let number = try number(of: id) else { return nil }
    return try header(number: number)
  }

  func header(number: UInt64) throws(RPCError) -> SealedHeader? {
    try reading { () throws(ChainReadError) in try chain.header(number: number) }
  }

  func reading<T>(_ body: () throws(ChainReadError) -> T) throws(RPCError) -> T {
    do throws(ChainReadError) {
      return try body()
    } catch {
      switch error {
      case .failed(let reason): throw .internalError(reason)
      case .stateNotAvailable(let block): throw .refused("state for block \(block) is not available")
      }
    }
  }
}
