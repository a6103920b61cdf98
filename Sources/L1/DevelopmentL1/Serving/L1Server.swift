import Glibc
import HTTP
import JSONRPC
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Telemetry

/// The port on which a development L1 is reached: HTTP and WebSocket, on one or several addresses of this machine.
public final class L1Server: Service {
  /// Where to listen.
  public struct Address: Sendable, Equatable {
    public var host: String
    /// Whether the server goes without this address where the machine does not have it.
    public var mayBeMissing: Bool

    public init(_ host: String, mayBeMissing: Bool = false) {
      self.host = host
      self.mayBeMissing = mayBeMissing
    }

    /// What a host of that name may mean here.
    public static func named(_ host: String) -> [Address] { host == "localhost" ? loopback : [Address(host)] }

    /// What `localhost` may mean.
    public static let loopback = [Address("127.0.0.1"), Address("::1", mayBeMissing: true)]
  }

  /// Bytes of the largest request and answer.
  private static let largestMessage = 256 << 20

  public let name = "development_l1_rpc"
  private let limits: HTTPServer.Limits
  private let dispatcher: RPCDispatcher
  private let service: RPCService
  private let metrics: RPCMetrics
  private let addresses: [Address]
  private let requestedPort: Int
  private let loops: MultiThreadedEventLoopGroup
  private let running = Mutex<[(host: String, server: HTTPServer)]>([])

  /// - Parameters:
  ///   - methods: what clients may call.
  ///   - port: the same one on all addresses; 0 lets the system choose.
  ///   - registry: where requests are counted.
  public init(
    methods: MethodTable, on addresses: [Address] = Address.loopback, port: Int, registry: MetricsRegistry, log: Logger
  ) {
    let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    metrics = RPCMetrics(registry)
    var work = RPCDispatcher.Limits()
    // A state dump goes through as one value.
    work.responseBytes = Self.largestMessage
    work.heavyTime = .minutes(5)
    dispatcher = RPCDispatcher(
      methods: methods, pool: WorkerPool(threads: max(2, processors)),
      heavyPool: WorkerPool(
        threads: max(2, processors / 2), reserved: 1, limit: 1_024, byteLimit: 2 * Self.largestMessage),
      limits: work, metrics: metrics)
    var limits = HTTPServer.Limits()
    limits.bodyBytes = Self.largestMessage
    limits.memoryBytes = 4 * Self.largestMessage
    self.limits = limits
    service = RPCService(dispatcher, log: log)
    self.addresses = addresses
    requestedPort = port
    loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  }

  /// What answers, for whoever serves it on a port of theirs, too.
  public var httpService: any HTTPService { service }

  /// The addresses that it listens on, as `host:port`, an IPv6 address in brackets; none before it has started.
  public var endpoints: [String] {
    running.withLock { $0 }.map { ($0.host.contains(":") ? "[\($0.host)]" : $0.host) + ":\($0.server.port)" }
  }

  /// The real port, once it is open; 0 before.
  public var port: Int { running.withLock { $0.first?.server.port } ?? 0 }

  public func start() async throws {
    do throws(L1ServerError) {
      for address in addresses { try await listen(on: address) }
      if endpoints.isEmpty { throw .noAddress }
    } catch {
      await stop()
      throw error
    }
    if let server = running.withLock({ $0.first?.server }) { metrics.observe(server, dispatcher) }
  }

  private func listen(on address: Address) async throws(L1ServerError) {
    let port = self.port == 0 ? requestedPort : self.port
    do throws(ListenError) {
      let server = try await HTTPServer.start(
        service, host: address.host, port: port, limits: limits, access: HTTPAccess(origins: .any), on: loops)
      running.withLock { $0.append((address.host, server)) }
    } catch {
      if address.mayBeMissing, error.isForLackOfAddress { return }
      throw .cannotListen(host: address.host, port: port, error)
    }
  }

  public func stop() async {
    for (_, server) in running.withLock({ $0 }) { await server.shutdown() }
    running.withLock { $0 = [] }
    await dispatcher.pool.shutdown()
    await dispatcher.heavyPool.shutdown()
    try? await loops.shutdownGracefully()
  }

  public var health: Health { .ready }
}

/// Why a development L1 cannot be reached. One line each.
public enum L1ServerError: Error, Equatable, CustomStringConvertible {
  case cannotListen(host: String, port: Int, ListenError)
  case noAddress

  public var description: String {
    switch self {
    case .cannotListen(let host, let port, let error):
      "the development L1 cannot listen on \(host.contains(":") ? "[\(host)]" : host):\(port): \(error)"
    case .noAddress: "the development L1 has no address to listen on"
    }
  }
}
