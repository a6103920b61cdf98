import ChainStorage
import Concurrency
import Glibc
import HTTP
import JSONRPC
import Logging
import NIOPosix
import NodeOptions
import Telemetry

/// A running node: a list of parts that start in order and stop in reverse, and the threads that serve their sockets.
///
/// Which parts there are is decided by its role: ``SequencerRole``, ``ReadRole``.
public final class Node: Sendable {
  private let services: ServiceList
  private let loops: EventLoops
  private let failures: FailureSignal
  private let log: Logger
  /// Where JSON-RPC and the metrics are served; the ports are the real ones where 0 was asked for.
  public let rpcPort: Int
  public let metricsPort: Int
  /// Where the node's own L1 is served; `nil` where it has none.
  public let l1Port: Int?
  /// Where provers find their jobs; `nil` where they find none.
  public let proverPort: Int?
  /// Where other nodes find its blocks; `nil` where they may not.
  public let feedPort: Int?
  /// What the node offers, for pages about it.
  public let methods: MethodTable
  public let metrics: MetricsRegistry

  /// Opens the stores, catches up with the journal, and starts to serve.
  ///
  /// - Parameters:
  ///   - clock: what the timestamps of blocks are taken from.
  ///   - terminal: whoever looks on, if anybody does.
  public static func start(
    _ configuration: NodeConfiguration, log: Logger, clock: TimeSource = .system, terminal: Terminal? = nil
  ) async throws -> Node {
    // Before any database is opened: RocksDB ends the process at such a time.
    guard clock.unixSeconds() > 0 else { throw StartError.clockBeforeEpoch }
    try Self.check(configuration)
    Process.raiseFileLimit()
    Process.restrictFileModes()
    for warning in Exposure.warnings(configuration, isRoot: geteuid() == 0) { log.warning("\(warning)") }
    Process.returnLargeAllocations()
    let loops = EventLoops()
    let failures = FailureSignal()
    let operations: Operations
    do throws(StartError) { operations = try Operations(configuration, on: loops) } catch {
      await loops.shutdown()
      throw error
    }
    do {
      try Exposure.check(configuration.proverAPI)
      try Exposure.checkVerification(configuration.proverAPI)
      try Exposure.check(configuration.admin)
      try Exposure.check(configuration.replication)
      try await operations.start()
      let role: any Role
      switch configuration.replication.role {
      case .sequencer:
        role = try await SequencerRole(
          configuration, operations, clock: clock, loops: loops, failures: failures, terminal: terminal)
      case .read:
        role = try await ReadRole(configuration, operations, loops: loops, failures: failures, terminal: terminal)
      }
      try await role.services.start()
      log.info(
        "serving",
        metadata: [
          "rpc": "\(configuration.rpc.address.host):\(role.rpc.port)",
          "metrics": "\(configuration.operations.metricsAddress.host):\(operations.status.port)",
          "chainID": "\(configuration.rpc.chainID)", "head": "\(role.chain.stream.head)",
        ])
      return Node(role, operations, loops, failures, log)
    } catch {
      await operations.rpc.stop()
      await operations.services.stop()
      operations.services.clear()
      await loops.shutdown()
      let text = "\(error)"
      // What says so already need not be told a second time.
      if error is StoreDamage || text.contains("is damaged") { throw error }
      throw StoreDamage(in: configuration.sequencer.databasePath, text: text) ?? error
    }
  }

  /// Whether a configuration is one to start with, as far as that shows without its databases and without the network.
  ///
  /// - Throws: why not, in one line.
  public static func check(_ configuration: NodeConfiguration) throws {
    if configuration.archive.gatesSettlement, configuration.archive.path.isEmpty { throw StartError.gateWithoutArchive }
    if let objection = ProductionRules.objection(configuration) ?? RoleRules.objection(configuration) {
      throw objection
    }
  }

  private init(
    _ role: any Role, _ operations: Operations, _ loops: EventLoops, _ failures: FailureSignal, _ log: Logger
  ) {
    services = role.services
    self.loops = loops
    self.failures = failures
    self.log = log
    rpcPort = role.rpc.port
    metricsPort = operations.status.port
    l1Port = role.l1?.server.port
    proverPort = role.proverAPI?.port
    feedPort = role.feed?.port
    methods = role.rpc.methods
    metrics = role.registry
  }

  /// The parts as they are now.
  public var reports: [ServiceList.Report] { services.reports }

  /// Returns when block production has failed, with the reason; otherwise waits for ever.
  public func failure() async -> String { await failures.reason() }

  /// Stops, and where that takes longer than `grace` calls `cutOff`, from a thread of its own: what is durable stays so
  /// whatever becomes of the rest.
  public func stop(within grace: Duration, orElse cutOff: @escaping @Sendable () -> Void) async {
    let end = MonotonicClock.nanoseconds + grace.nanoseconds
    let isOver = Signal()
    let generation = isOver.generation
    let watch = ServiceThread { [self] in
      isOver.wait(after: generation, until: end)
      guard isOver.generation == generation else { return }
      let left = services.reports.filter { $0.health != .notReady("stopped") }.map(\.name)
      log.warning(
        "the end takes longer than it may and is cut off", metadata: ["parts": "\(left.joined(separator: " "))"])
      cutOff()
    }
    await stop()
    isOver.notify()
    watch.join()
  }

  /// Lets clients go, finishes the block under construction, makes everything durable, and closes the stores.
  public func stop() async {
    await services.stop()
    await loops.shutdown()
    // The stores close with their last reference, so that another node can open them.
    services.clear()
    metrics.clear()
    log.info("stopped")
  }
}

/// The threads that serve sockets. Operators and provers have one of their own, so that no flood of JSON-RPC keeps them
/// from their answers.
final class EventLoops: Sendable {
  let rpc = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  let operations = MultiThreadedEventLoopGroup(numberOfThreads: 1)

  func shutdown() async {
    try? await rpc.shutdownGracefully()
    try? await operations.shutdownGracefully()
  }
}
