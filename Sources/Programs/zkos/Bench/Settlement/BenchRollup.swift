import Concurrency
import Cryptography
import DevelopmentL1
import Ethereum
import Files
import JSONRPC
import L1Client
import L1Contracts
import L1Settlement
import Logging
import NIOPosix
import Primitives
import Synchronization
import Telemetry

/// A development L1 behind a socket, batches that wait for it, and a sender that can be started over and over.
final class BenchRollup: Sendable {
  let source: BenchBatches
  private let chain: DevelopmentL1
  private let server: L1Server
  private let services = ServiceList()
  private let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let transport: NetworkTransport
  private let distance = Mutex<DistantL1?>(nil)
  private let directory: String
  private let commandLimit: Int
  /// The reference's default, which everybody knows.
  private static let operatorKey = "0xc9ee945b2f6d4c462a743f5af3904a4ee78aec0218f1f4f3c53d0bfbf809b520"

  /// - Parameters:
  ///   - made: so many of the batches are there at once.
  ///   - mining: how the L1 makes blocks.
  init(
    directory: String, batches: Int, made: Int, pubdata: Int, commandLimit: Int, mining: MiningMode
  ) async throws {
    self.directory = directory
    self.commandLimit = commandLimit
    let log = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    let registry = MetricsRegistry()
    var options = DevelopmentL1.Options()
    options.mining = mining
    options.chain.chainID = 9
    let genesis = try L1Genesis(storedBatchZero: BenchBatches.before.hash)
    let l1 = try DevelopmentL1(options, registry: registry, log: log) { () throws(ChainError) in
      try .contracts(l1ChainID: 9, l2ChainID: 270, storedBatchZero: BenchBatches.before.hash)
    }
    let port = L1Server(methods: l1.methods, port: 0, registry: registry, log: log)
    chain = l1
    server = port
    services.add(l1)
    services.add(port)
    try await services.start()
    let endpoint = RPCEndpoint("http://127.0.0.1:\(port.port)")
    transport = NetworkTransport(on: loops.next()) { [endpoint].compactMap(\.self) }
    // The root of a tree with one leaf is the leaf: the request that the contracts begin with.
    let request = try await L1Client(transport).read(ChainCall.getPriorityTreeRoot, at: genesis.deployment.chain)
    source = BenchBatches(
      count: batches, made: made, request: request, time: CalendarClock.nanoseconds / 1_000_000_000 - 60,
      pubdata: pubdata)
  }

  /// Starts a sender over what the one before left behind.
  func start(delay: Duration) throws -> L1Sender {
    let distant = DistantL1(transport, delay: delay)
    distance.withLock { $0 = distant }
    guard let key = Secp256k1.PrivateKey(hex: Self.operatorKey) else { throw L1GenesisError.badKey }
    var options = SettlerOptions(bridgehub: L1Genesis.bridgehub, chainID: 270, operatorKey: key)
    options.commandLimit = commandLimit
    options.finality = .executed
    let sender = try L1Sender(
      client: L1Client(distant), source: source, store: try SettlementStore(path: directory), options: options,
      registry: MetricsRegistry())
    sender.start()
    return sender
  }

  func wait(_ sender: L1Sender, until isDone: (BatchTotals) -> Bool) async {
    while !isDone(sender.finality.totals) { try? await Task.sleep(for: .milliseconds(20)) }
  }

  /// Of the sender that was started last.
  var calls: Int { distance.withLock { $0?.calls ?? 0 } }
  var firstSent: UInt64? { distance.withLock { $0?.firstSent } }

  func end() async throws {
    await transport.shutdown()
    await services.stop()
    try await loops.shutdownGracefully()
    try Self.empty(directory)
  }

  /// Removes what an earlier run left in a folder.
  private static func empty(_ directory: String) throws {
    for path in try Files.below(directory, suffix: "") { Files.remove(path) }
    _ = Files.removeEmptyFolder(directory)
  }
}
