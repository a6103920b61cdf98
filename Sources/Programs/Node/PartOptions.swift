import Archive
import Chain
import ChainStorage
import Concurrency
import EthereumAPI
import Mempool
import NodeOptions
import Primitives
import Sequencer
import Telemetry
import ZKsyncOS

// What the operator's options mean for the node's parts.

extension SequencerOptions {
  init(_ configuration: NodeConfiguration) {
    self.init(chainID: configuration.rpc.chainID)
    limits.blockTime = configuration.sequencer.blockTime.nanoseconds
    limits.transactions = configuration.sequencer.maxTransactions
    limits.gas = configuration.sequencer.maxGas
    limits.pubdata = configuration.sequencer.maxPubdata
    limits.maxCycles = configuration.sequencer.maxBlockCycles
    limits.native = configuration.sequencer.maxBlockNative
    limits.transactionNative = configuration.sequencer.maxTransactionNative
    limits.unpaidTime = limits.blockTime / 100 * UInt64(configuration.sequencer.unpaidShare)
    baseFee = UInt256(configuration.sequencer.baseFee)
    nativePrice = UInt256(configuration.sequencer.nativePrice)
    switch configuration.sequencer.feeModel {
    case .fixed: feeModel = .fixed
    case .eip1559: feeModel = .eip1559(target: configuration.sequencer.gasTarget)
    }
    clock.maxStep = configuration.sequencer.maxClockStep.nanoseconds / 1_000_000_000
    clock.maxGap = configuration.sequencer.maxClockGap.nanoseconds / 1_000_000_000
    clock.acceptedThrough = configuration.sequencer.acceptClock
  }
}

extension MempoolOptions {
  init(_ configuration: NodeConfiguration, _ sequencer: SequencerOptions) {
    self.init(chainID: configuration.rpc.chainID)
    baseFee = sequencer.baseFee
    longNanoseconds = sequencer.limits.unpaidTime
    refusedCalls = Hazard.refusedCalls.map {
      RefusedCall(to: $0.to, selector: $0.selector, reason: $0.hazard.description)
    }
    maxCountPerSender = configuration.mempool.maxTransactionsPerSender
    maxBytesPerSender = configuration.mempool.maxBytesPerSender
    gasLimit = sequencer.gasLimit
    maxInputBytes = configuration.mempool.maxInputBytes
    maxCount = configuration.mempool.maxTransactions
    maxBytes = configuration.mempool.maxBytes
    isForDeveloper = configuration.profile == .development
  }
}

extension MempoolJournal {
  /// The journal of a node's pool; `nil` where it has none.
  convenience init?(_ pool: Mempool, _ configuration: NodeConfiguration, _ registry: MetricsRegistry) throws(StartError)
  {
    guard configuration.mempool.isJournalEnabled else { return nil }
    let path = configuration.mempool.journalPath
    if !path.isEmpty { try DataDirectory.make(path) }
    var options = Options(folder: path.isEmpty ? configuration.sequencer.databasePath + "/mempool" : path)
    options.maxBytes = configuration.mempool.maxJournalBytes
    self.init(pool, options: options, registry: registry)
  }
}

extension ArchiveService {
  /// What archives a node's chain; `nil` where nothing does.
  convenience init?(
    _ configuration: NodeConfiguration, _ log: ReplayLog, _ stream: BlockStream, _ registry: MetricsRegistry
  ) {
    guard !configuration.archive.path.isEmpty else { return nil }
    var options = Options()
    options.segments.blocks = configuration.archive.segmentBlocks
    options.segments.bytes = configuration.archive.segmentBytes
    options.maxAge = configuration.archive.maxAge
    self.init(
      Archive(ArchiveFolder(configuration.archive.path)), log: log, stream: stream, options: options, registry: registry
    )
  }
}

extension EthereumAPI.Configuration {
  init(_ configuration: NodeConfiguration) {
    self.init()
    chainID = configuration.rpc.chainID
    clientVersion = "zksync-os-sequencer/\(Version.current)"
    callGas = configuration.rpc.callGas
    maxBlocksPerFilter = configuration.rpc.maxBlocksPerFilter
    maxLogsPerResponse = configuration.rpc.maxLogsPerResponse
    // So that what frames them fits too.
    maxLogBytes = configuration.rpc.maxResponseBytes / 5 * 4
    maxTraceBytes = configuration.rpc.maxResponseBytes / 5 * 4
    staleFilterTime = configuration.rpc.staleFilterTime
    maxFilters = configuration.rpc.maxFilters
    maxFiltersPerClient = configuration.rpc.maxFiltersPerClient
    maxFilterBytes = configuration.rpc.maxFilterBytes
    maxTermsPerConnection = configuration.rpc.maxLogTermsPerConnection
    maxTerms = configuration.rpc.maxLogTerms
    syncTimeout = configuration.rpc.syncTimeout
    maxSyncTimeout = configuration.rpc.maxSyncTimeout
    isRollup = true
    // BLAKE2F and the evaluation of points only look at the length of what they get there.
    rules = RuleDescription(lastPrecompile: 8)
  }
}
