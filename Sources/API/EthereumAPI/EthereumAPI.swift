import JSON
import JSONRPC
import Logging
import Primitives
import Telemetry

/// The methods that Ethereum clients call, over whatever gives access to chain, state, mempool and virtual machine.
///
/// Cheap methods, those answered from memory, run on the event loop; all others on the worker pool. Shapes are those of
/// zksync-os-server, error codes and messages those of geth; where the reference has a defect that geth has not (reverts
/// that look like success, a constant fee history), geth's behaviour is kept.
public final class EthereumAPI: Sendable {
  public struct Configuration: Sendable {
    public var chainID: UInt64 = 270
    public var clientVersion = "zksync-os-sequencer"
    /// What `eth_protocolVersion` says; `nil` where there is no such method, as in geth.
    public var protocolVersion: String? = "zksync_os/0.0.1"
    /// Gas of `eth_call` where the request names none, and at most.
    public var callGas: UInt64 = 10_000_000
    /// Blocks that a query for logs may look at one by one: all of its range where it names no address and no topic.
    public var maxBlocksPerFilter: UInt64 = 100_000
    /// Logs that a query over several blocks may give.
    public var maxLogsPerResponse = 20_000
    /// Bytes of JSON of the same. The logs of a single block are given whole.
    public var maxLogBytes = 8 << 20
    /// A filter that nobody asks is forgotten after this time.
    public var staleFilterTime = Duration.seconds(15 * 60)
    /// Filters that may exist at once, for all clients and for one.
    public var maxFilters = 10_000, maxFiltersPerClient = 1_000
    /// Bytes of what all filters ask for; a quarter for one client.
    public var maxFilterBytes = 16 << 20
    /// Addresses and topics that the log subscriptions of one connection, and of all, may name; a quarter of all for one
    /// client.
    public var maxTermsPerConnection = 10_000, maxTerms = 500_000
    /// Blocks of one fee history.
    public var maxFeeHistoryBlocks: UInt64 = 1_024
    /// How long `eth_sendRawTransactionSync` waits where the client does not say, and at most.
    public var syncTimeout = Duration.seconds(2)
    public var maxSyncTimeout = Duration.seconds(10)
    /// Clients of `eth_sendRawTransactionSync` that may wait at once.
    public var maxSyncWaiters = 16_384
    /// Wei per gas that is suggested as a tip.
    public var suggestedTip: UInt64 = 0
    /// Whether blocks are those of Ethereum, the hash being that of the header as it is shown: then their size is shown and
    /// they can be given whole.
    public var hasEthereumBlocks = false
    /// Whether a transaction's gas limit has a floor that follows from its calldata (EIP-7623).
    public var hasCalldataFloor = true
    /// Whether calls may carry authorizations (EIP-7702).
    public var allowsAuthorizations = false
    /// Whether the chain settles in batches, so that clients may ask for what is committed.
    public var isRollup = false
    /// Gas of all calls of one `eth_simulateV1` together, a block's at most; geth's default.
    public var simulationGas: UInt64 = 50_000_000
    /// Seconds from one simulated block to the next.
    public var simulatedBlockTime: UInt64 = 1
    /// The rules that transactions run by, for clients that ask.
    public var rules = RuleDescription()
    /// Bytes that may be collected of one trace before it is written, and that one may have which is looked at whole.
    public var maxTraceBytes = 32 << 20

    public init() {}
  }

  let configuration: Configuration
  let chain: any ChainReader
  let state: any StateReader
  let submitter: any TransactionSubmitter
  let simulator: any Simulator
  let optional: OptionalPorts
  let metrics: EthereumAPIMetrics
  let faults: FaultLog
  let follower: ChainFollower
  let filters: FilterRegistry
  let pending: PendingTransactions
  /// To be started before clients are served, and stopped with the node, like ``waiters``.
  public let notifier: Notifier
  public let waiters: ReceiptWaiters
  /// Finds the blocks that clients mean, here and in other APIs over the same chain.
  public let blocks: BlockLookup

  public init(
    _ configuration: Configuration = Configuration(), chain: any ChainReader, state: any StateReader,
    submitter: any TransactionSubmitter, simulator: any Simulator, events: any EventSource,
    optional: OptionalPorts = OptionalPorts(), metrics: MetricsRegistry, log: Logger
  ) {
    self.configuration = configuration
    self.chain = chain
    self.state = state
    self.submitter = submitter
    self.simulator = simulator
    self.optional = optional
    self.metrics = EthereumAPIMetrics(metrics)
    faults = FaultLog(log, self.metrics)
    blocks = BlockLookup(
      chain: chain, faults: faults, pendingBlocks: optional.pendingBlocks,
      isRollup: configuration.isRollup)
    let pending = PendingTransactions()
    self.pending = pending
    let filters = FilterRegistry(FilterRegistry.Limits(configuration), pending, self.metrics)
    self.filters = filters
    metrics.gauge("rpc_filters", "Filters that clients have set up") { Double(filters.count) }
    follower = ChainFollower(chain: chain, history: optional.reorganisations)
    notifier = Notifier(follower, events, pending, Notifier.Limits(configuration), self.metrics, faults)
    waiters = ReceiptWaiters(limit: configuration.maxSyncWaiters)
    notifier.onBlock { [waiters, chain, faults] number in
      if waiters.count == 0 { return }
      do throws(ChainReadError) { waiters.tell(of: try chain.receipts(ofBlock: number) ?? []) } catch {
        faults.report("block \(number) cannot be shown to those who wait for it: \(error)")
      }
    }
    events.onRefusal { [waiters] in waiters.tell(of: $0) }
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
    addSynchronousSending(to: &table)
    addPoolMethods(to: &table)
    addRawMethods(to: &table)
    addUnsupportedMethods(to: &table)
    // In place of what some chains cannot do.
    addProofMethods(to: &table)
    addAccessListMethods(to: &table)
    addTraceMethods(to: &table)
    addParityMethods(to: &table)
    addOtterscanMethods(to: &table)
    addModifiedAccountMethods(to: &table)
    addSimulationMethods(to: &table)
    addCallManyMethods(to: &table)
    addRuleMethods(to: &table)
    addFillingMethods(to: &table)
    addBlobMethods(to: &table)
    return table
  }
}

extension FilterRegistry.Limits {
  fileprivate init(_ configuration: EthereumAPI.Configuration) {
    self.init(
      count: configuration.maxFilters, countPerClient: configuration.maxFiltersPerClient,
      bytes: configuration.maxFilterBytes, staleTime: configuration.staleFilterTime)
  }
}

extension Notifier.Limits {
  fileprivate init(_ configuration: EthereumAPI.Configuration) {
    self.init(termsPerConnection: configuration.maxTermsPerConnection, terms: configuration.maxTerms)
  }
}
