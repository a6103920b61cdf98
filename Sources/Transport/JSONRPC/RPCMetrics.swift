import Concurrency
import HTTP
import Telemetry

/// The metrics of the JSON-RPC server.
public struct RPCMetrics: Sendable {
  private let registry: MetricsRegistry
  private let busyRefusals: [BusyReason: Counter]
  /// Requests that took longer than they may.
  let timedOut: Counter
  /// Requests that were in work when their client left.
  let abandoned: Counter
  let subscriptionsBegun: Counter
  let subscriptionsEnded: Counter
  /// WebSocket clients disconnected because they did not take what they were sent.
  let slowClients: Counter
  let methods: MethodMetrics

  public init(_ registry: MetricsRegistry) {
    self.registry = registry
    methods = MethodMetrics(registry)
    busyRefusals = Dictionary(
      uniqueKeysWithValues: BusyReason.allCases.map { reason in
        let help = "Requests refused because something was full"
        return (reason, registry.counter("rpc_busy_refusals", help, [("reason", reason.rawValue)]))
      })
    timedOut = registry.counter("rpc_timed_out_requests", "Requests given up because they took too long")
    abandoned = registry.counter("rpc_abandoned_requests", "Requests given up because their client had gone")
    slowClients = registry.counter(
      "rpc_slow_clients_dropped", "WebSocket clients that did not take what they were sent")
    let begun = Counter(), ended = Counter()
    (subscriptionsBegun, subscriptionsEnded) = (begun, ended)
    registry.gauge("rpc_subscriptions", "Subscriptions of WebSocket clients") {
      // Read in this order, as one that has ended has begun.
      let gone = ended.value
      return Double(begun.value - gone)
    }
  }

  func refusedAsBusy(_ reason: BusyReason) { busyRefusals[reason]?.increment() }

  func gaveUp(_ reason: Cancellation.Reason) {
    switch reason {
    case .timeLimit: timedOut.increment()
    case .clientGone: abandoned.increment()
    case .shutdown: refusedAsBusy(.shutdown)
    }
  }

  /// Shows what the server and its threads are doing.
  public func observe(_ server: HTTPServer, _ dispatcher: RPCDispatcher) {
    registry.gauge("rpc_connections", "Open connections, HTTP and WebSocket") { Double(server.connectionCount) }
    let help = "Connections for which there was no room: none at all, or none for more of their address"
    registry.counter("rpc_connections_refused", help, [("reason", "full")]) { Double(server.refusedConnections.full) }
    registry.counter("rpc_connections_refused", help, [("reason", "address")]) {
      Double(server.refusedConnections.address)
    }
    registry.counter("rpc_connections_displaced", "Connections closed to make room for others") {
      Double(server.displacedConnections)
    }
    registry.gauge("rpc_memory_bytes", "Requests and responses that the server holds for its clients") {
      Double(server.memory.used)
    }
    for (kind, pool) in [("pooled", dispatcher.pool), ("heavy", dispatcher.heavyPool)] {
      registry.gauge("rpc_requests_in_flight", "Requests that wait for a thread or have one", [("kind", kind)]) {
        Double(pool.load)
      }
    }
    let heavyPool = dispatcher.heavyPool, largeReplies = dispatcher.largeReplies
    registry.gauge("rpc_large_replies_waiting", "Answers of any length that wait for a place beside the memory") {
      Double(largeReplies.waiting)
    }
    registry.gauge("rpc_heavy_queue_length", "Heavy requests that wait for a thread") { Double(heavyPool.waiting) }
  }
}
