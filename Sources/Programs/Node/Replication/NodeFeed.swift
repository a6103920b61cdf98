import Chain
import HTTP
import NodeOptions
import Primitives
import Replication
import StateTree
import Telemetry
import ZKsyncAPI

/// The replay feed of a node, and the port on which it is.
enum NodeFeed {
  /// `nil` where no node may follow this one.
  static func make(
    _ configuration: NodeConfiguration, chain: Chain, genesisHash: Bytes32, tree: StateTree?,
    settlement: any SettlementReader, on loops: EventLoops, registry: MetricsRegistry
  ) -> (feed: ReplayFeed, listener: HTTPListener)? {
    let options = configuration.replication
    guard options.isFeedEnabled else { return nil }
    var feeding = ReplayFeed.Options()
    feeding.maxFollowers = options.maxFollowers
    feeding.catchUpBytesPerSecond = options.catchUpBytes
    let stream = chain.stream
    let source = FeedSource(
      chainID: configuration.rpc.chainID, genesisHash: genesisHash, log: chain.storage.log, stream: stream
    ) {
      var position = FeedPosition(head: stream.head, safe: settlement.safeBlock, finalized: settlement.finalizedBlock)
      if let tree {
        let version = tree.lastVersion
        position.state = (try? tree.commitment(at: version)).map { CommittedState(block: version, commitment: $0) }
      }
      return position
    }
    let feed = ReplayFeed(source, options: feeding, registry: registry)
    var limits = HTTPServer.Limits()
    // Besides those who follow, those who ask for single blocks.
    limits.connections = options.maxFollowers * 2 + 16
    limits.connectionsPerAddress = limits.connections
    let token = options.feedToken
    let service: any HTTPService =
      token.isEmpty
      ? feed : TokenGate(feed, token: token, refusal: "the replay feed needs the token of replay_feed_token")
    return (
      feed, HTTPListener("feed_port", service, at: options.feedAddress, limits: limits, on: loops.operations)
    )
  }
}
