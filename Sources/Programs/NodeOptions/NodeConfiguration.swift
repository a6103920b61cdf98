import ProverInput

/// Everything that an operator can decide, checked.
public struct NodeConfiguration: Sendable {
  public var rpcAddress: Endpoint
  public var chainID: UInt64
  public var ethCallGas: UInt64
  public var rpcMaxConnections: Int
  public var rpcMaxBlocksPerFilter: UInt64
  public var rpcMaxLogsPerResponse: Int
  public var rpcStaleFilterTTL: Duration

  public var mempoolMaxTransactionInputBytes: Int
  public var mempoolMaxTransactions: Int
  public var mempoolMaxBytes: Int

  public var databasePath: String
  public var blockTime: Duration
  public var maxTransactionsInBlock: Int
  public var maxBlockGas: UInt64
  public var maxBlockPubdata: Int
  public var blocksToRetainInMemory: Int

  public var batcherEnabled: Bool
  public var treeCacheBytes: Int
  public var treeRetainedBlocks: UInt64
  public var batcherMaxInFlightBlocks: Int
  public var proverInputMode: ProverInputMode
  /// Path of the guest's image; empty where there is none.
  public var proverInputImage: String
  public var proverAPIEnabled: Bool
  public var proverAPIAddress: Endpoint
  public var proverJobTimeout: Duration
  public var proverMaxUnprovedBlocks: Int
  public var fakeProvers: Int

  public var metricsAddress: Endpoint
  public var logFormat: LogFormat
  public var logLevel: LogLevel

  /// Reads every option from `source`; the first that is ill-typed stops the start.
  public init(_ source: ConfigurationSource) throws(ConfigurationError) {
    rpcAddress = try source.value(of: NodeOptions.rpcAddress)
    chainID = try source.value(of: NodeOptions.rpcChainID)
    ethCallGas = try source.value(of: NodeOptions.rpcEthCallGas)
    rpcMaxConnections = try source.value(of: NodeOptions.rpcMaxConnections)
    rpcMaxBlocksPerFilter = try source.value(of: NodeOptions.rpcMaxBlocksPerFilter)
    rpcMaxLogsPerResponse = try source.value(of: NodeOptions.rpcMaxLogsPerResponse)
    rpcStaleFilterTTL = try source.value(of: NodeOptions.rpcStaleFilterTTL)
    mempoolMaxTransactionInputBytes = try source.value(of: NodeOptions.mempoolMaxTransactionInputBytes)
    mempoolMaxTransactions = try source.value(of: NodeOptions.mempoolMaxTransactions)
    mempoolMaxBytes = try source.value(of: NodeOptions.mempoolMaxBytes)
    databasePath = try source.value(of: NodeOptions.sequencerDatabasePath)
    blockTime = try source.value(of: NodeOptions.sequencerBlockTime)
    maxTransactionsInBlock = try source.value(of: NodeOptions.sequencerMaxTransactionsInBlock)
    maxBlockGas = try source.value(of: NodeOptions.sequencerMaxBlockGas)
    maxBlockPubdata = try source.value(of: NodeOptions.sequencerMaxBlockPubdata)
    blocksToRetainInMemory = try source.value(of: NodeOptions.sequencerBlocksToRetainInMemory)
    batcherEnabled = try source.value(of: NodeOptions.batcherEnabled)
    treeCacheBytes = try source.value(of: NodeOptions.treeCacheBytes)
    treeRetainedBlocks = try source.value(of: NodeOptions.treeRetainedBlocks)
    batcherMaxInFlightBlocks = try source.value(of: NodeOptions.batcherMaxInFlightBlocks)
    proverInputMode = try source.value(of: NodeOptions.proverInputMode)
    proverInputImage = try source.value(of: NodeOptions.proverInputImage)
    proverAPIEnabled = try source.value(of: NodeOptions.proverAPIEnabled)
    proverAPIAddress = try source.value(of: NodeOptions.proverAPIAddress)
    proverJobTimeout = try source.value(of: NodeOptions.proverAPIJobTimeout)
    proverMaxUnprovedBlocks = try source.value(of: NodeOptions.proverAPIMaxUnprovedBlocks)
    fakeProvers = try source.value(of: NodeOptions.fakeProvers)
    metricsAddress = try source.value(of: NodeOptions.metricsAddress)
    logFormat = try source.value(of: NodeOptions.logFormat)
    logLevel = try source.value(of: NodeOptions.logLevel)
  }

  /// Whether anybody proves: without provers, real or fake, batches would only pile up.
  package var provesBlocks: Bool { batcherEnabled && (proverAPIEnabled || fakeProvers > 0) }

  /// The configuration of a process: its environment, its command line, and the file that either names.
  public static func load(
    environment: [String: String], arguments: [String]
  ) async throws(ConfigurationError) -> NodeConfiguration {
    var rest: [String] = []
    var file = environment.first { $0.key.uppercased() == "CONFIG_FILE" }?.value
    var iterator = arguments.makeIterator()
    while let argument = iterator.next() {
      if argument == "--config-file" {
        guard let path = iterator.next() else { throw .missingValue(option: "config-file") }
        file = path
      } else if argument.hasPrefix("--config-file=") {
        file = String(argument.dropFirst("--config-file=".count))
      } else {
        rest.append(argument)
      }
    }
    let source = try await ConfigurationSource(
      environment: environment, arguments: rest, file: file, options: NodeOptions.all)
    return try NodeConfiguration(source)
  }
}

/// The form of log lines.
public enum LogFormat: String, CaseIterable, Sendable {
  case text, json
}

/// The severity from which log lines are written.
public enum LogLevel: String, CaseIterable, Sendable {
  case trace, debug, info, warning, error
}
