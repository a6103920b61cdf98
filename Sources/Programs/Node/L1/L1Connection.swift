import Concurrency
import JSONRPC
import L1Client
import Logging
import NIOCore
import NodeOptions
import Telemetry

/// The way to L1, as a part of the node: the connections, and the head that is followed over them.
final class L1Connection: Service {
  let name = "l1"
  let client: L1Client
  let heads: L1Heads
  private let transport: NetworkTransport

  /// - Parameter endpoints: the nodes of L1; asked for when the first call is made.
  init(
    _ options: NodeConfiguration.L1Watcher, registry: MetricsRegistry, time: TimeSource, on loop: any EventLoop,
    endpoints: @escaping @Sendable () -> [RPCEndpoint]
  ) {
    var network = NetworkTransport.Options()
    network.timeout = options.callTimeout
    network.certificates = options.trustedCertificates.isEmpty ? nil : options.trustedCertificates
    transport = NetworkTransport(
      network, time: time, metrics: L1CallMetrics(registry, part: "watcher"), on: loop, endpoints: endpoints)
    client = L1Client(transport)
    var following = L1Heads.Options()
    following.interval = options.pollInterval
    heads = L1Heads(client, options: following, metrics: L1HeadsMetrics(registry), log: Logger(label: "l1"))
  }

  func start() async throws { try await heads.start() }

  func stop() async {
    await heads.stop()
    await transport.shutdown()
  }

  /// Whoever needs L1 says what it means that it is away.
  var health: Health { .ready }
}

extension EmbeddedL1 {
  /// Where the node itself reaches it, once it is open.
  var endpoints: [RPCEndpoint] {
    server.endpoints.prefix(1).compactMap { endpoint in
      // An address that stands for all of this machine's is none to connect to.
      RPCEndpoint(
        "http://"
          + endpoint.replacing("0.0.0.0:", with: "127.0.0.1:", maxReplacements: 1)
          .replacing("[::]:", with: "[::1]:", maxReplacements: 1))
    }
  }
}
