import HTTP
import NIOPosix
import Primitives
import Replication
import StateTree
import StorageTesting
import Telemetry

let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

/// A chain's feed on a port.
final class FeedServer: Sendable {
  let feed: ReplayFeed
  private let server: HTTPServer

  init(
    _ chain: SignedChain, port: Int = 0, token: String? = nil, chainID: UInt64 = 270, maxFollowers: Int = 4,
    patience: Duration = .seconds(30),
    position: (@Sendable () -> FeedPosition)? = nil
  ) async throws {
    let stream = chain.chain.stream
    var options = ReplayFeed.Options()
    options.maxFollowers = maxFollowers
    options.patience = patience
    let feed = ReplayFeed(
      FeedSource(
        chainID: chainID, genesisHash: chain.genesisHash, log: chain.storage.log, stream: stream,
        position: position ?? { FeedPosition(head: stream.head) }), options: options, registry: chain.registry)
    self.feed = feed
    feed.start()
    let service: any HTTPService = token.map { TokenGate(feed, token: $0, refusal: "no") } ?? feed
    server = try await HTTPServer.start(service, host: "127.0.0.1", port: port, on: group)
  }

  var port: Int { server.port }

  func stop() async {
    feed.stop()
    await server.shutdown(grace: .milliseconds(200), patience: .milliseconds(100))
  }
}
