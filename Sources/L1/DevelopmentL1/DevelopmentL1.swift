import Concurrency
import EthereumAPI
import JSONRPC
import L1Contracts
import Logging
import Primitives
import Synchronization
import Telemetry

/// A whole L1 in the process: the chain, who mines it, and the methods by which clients reach both. It opens no port:
/// whoever runs it serves ``methods``.
public final class DevelopmentL1: Service {
  public struct Options: Sendable {
    public var chain = DevelopmentChain.Options()
    public var mining = MiningMode.automatic
    /// The accounts that the chain signs for.
    public var accounts: [DevelopmentAccount] = []
    /// What `web3_clientVersion` says.
    public var clientVersion = "anvil/v1.2.3-compatible zkos"
    /// Gas of `eth_call` where the request names none, and at most.
    public var callGas: UInt64 = 50_000_000

    public init() {}
  }

  public let name = "development_l1"
  public let chain: DevelopmentChain
  /// All methods, for a dispatcher.
  public let methods: MethodTable
  /// Those among them that no chain has that is not for development.
  public let developmentMethods: MethodTable
  private let api: EthereumAPI
  private let miner: Miner
  private let syncing: JournalSyncing

  /// Opens the chain, or begins it.
  ///
  /// - Parameters:
  ///   - instance: the identity of a new chain, see ``ChainIdentity/instance``.
  ///   - genesis: asked for where a chain begins.
  public init(
    _ options: Options, instance: Bytes32? = nil, time: TimeSource = .system, registry: MetricsRegistry, log: Logger,
    genesis: () throws(ChainError) -> Genesis
  ) throws(ChainError) {
    let chain = try DevelopmentChain.open(options.chain, instance: instance, time: time, log: log, genesis: genesis)
    let miner = Miner(chain, mode: options.mining, log: log)
    let events = ChainEvents(chain: chain)
    let pool = PoolAccess(chain: chain) { () throws(ChainError) in try miner.transactionsCame() }
    let states = StateReading(chain: chain), calls = CallSimulation(chain: chain)
    var ports = OptionalPorts()
    ports.reorganisations = events
    ports.pendingBlocks = PendingReading(chain: chain)
    ports.accountProver = states
    ports.accessTracer = calls
    ports.sequences = calls
    ports.transactionTracer = TransactionTracing(chain: chain)
    ports.pool = pool
    ports.blobPricing = BlobReading(chain: chain)
    var configuration = EthereumAPI.Configuration()
    configuration.clientVersion = options.clientVersion
    configuration.callGas = options.callGas
    configuration.chainID = options.chain.chainID
    configuration.suggestedTip = 1_000_000_000
    configuration.protocolVersion = nil
    configuration.simulatedBlockTime = 12
    configuration.rules = chain.identity.hardfork.description
    configuration.hasEthereumBlocks = true
    // A chain that is continued keeps the rules that it has.
    configuration.hasCalldataFloor = chain.identity.hardfork == .prague
    configuration.allowsAuthorizations = chain.identity.hardfork == .prague
    let api = EthereumAPI(
      configuration, chain: BlockReading(chain: chain), state: states, submitter: pool, simulator: calls,
      events: events, optional: ports, metrics: registry, log: log)
    var methods = api.methods
    developmentMethods =
      DevelopmentMethods(
        chain: chain, miner: miner, impersonation: Impersonation(), accounts: options.accounts, api: api,
        clientVersion: options.clientVersion
      ).table
    methods.merge(developmentMethods)
    methods.addModules()
    self.chain = chain
    self.miner = miner
    self.api = api
    self.methods = methods
    syncing = JournalSyncing(chain)
  }

  public var health: Health { .ready }

  public func start() async throws {
    api.waiters.start()
    api.notifier.start()
    syncing.start()
    miner.start()
  }

  public func stop() async {
    miner.stop()
    api.waiters.stop()
    api.notifier.stop()
    syncing.stop()
    chain.close()
  }
}
