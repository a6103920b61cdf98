import Chain
import Telemetry

/// What a node is made of: which parts there are, and in which order they start.
protocol Role {
  var services: ServiceList { get }
  var registry: MetricsRegistry { get }
  var chain: Chain { get }
  /// The L1 in the node's process, where it has one.
  var l1: EmbeddedL1? { get }
  var rpc: RPCServer { get }
  /// Where the page is, where there is one.
  var page: HTTPListener? { get }
  /// Where provers find their jobs, where they find any.
  var proverAPI: HTTPListener? { get }
  /// Where other nodes find the blocks of the chain, where they may.
  var feed: HTTPListener? { get }
}
