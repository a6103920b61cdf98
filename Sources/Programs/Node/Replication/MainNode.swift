import Concurrency
import JSON
import JSONRPC
import NIOCore
import NodeOptions
import Primitives
import Synchronization
import Telemetry

/// JSON-RPC of the node that this one follows: where transactions go, and questions that only that node can answer.
final class MainNode: Service {
  let name = "main_node"
  private let client: JSONRPCClient
  private let endpoint: RPCEndpoint
  private let timeout: UInt64
  private let metrics: MainNodeMetrics
  /// Calls that wait for an answer.
  private let waiting = Atomic(0)

  /// Threads that may wait for the main node at once. The others go on answering what needs it not.
  static let maxWaiting = 32
  /// Time between two attempts to reach it.
  private static let pause: UInt64 = 100_000_000

  init(
    _ endpoint: RPCEndpoint, _ options: NodeConfiguration.Replication, registry: MetricsRegistry, on loop: any EventLoop
  ) throws(RPCClientError) {
    self.endpoint = endpoint
    timeout = options.forwardTimeout.nanoseconds
    var limits = JSONRPCClient.Limits()
    limits.connections = Self.maxWaiting
    limits.waiting = 1_024
    client = try JSONRPCClient(
      endpoint, limits: limits, timeout: .nanoseconds(Int64(clamping: timeout)),
      certificates: options.trustedCertificates.isEmpty ? nil : options.trustedCertificates, on: loop)
    metrics = MainNodeMetrics(registry)
  }

  func start() async throws {}

  func stop() async { await client.shutdown() }

  var health: Health { .ready }

  /// Why the main node has not given a result.
  enum Fault: Error, Sendable {
    /// It has answered with an error.
    case refused(RPCError)
    /// It cannot be reached, or does not answer.
    case away(String)
    /// As many calls wait for it as may.
    case busy
  }

  /// Sends a transaction, and waits for the answer; once more where the connection breaks, as long as there is time: a main
  /// node that starts again is away for a second or two, and what it has already it takes no second time. Blocks the thread.
  func send(_ envelope: [UInt8]) throws(Fault) {
    guard waiting.add(1, ordering: .relaxed).oldValue < Self.maxWaiting else {
      waiting.subtract(1, ordering: .relaxed)
      throw .busy
    }
    defer { waiting.subtract(1, ordering: .relaxed) }
    let deadline = MonotonicClock.nanoseconds + timeout
    while true {
      let answer = Monitor<Result<JSONValue, RPCClientError>?>(nil)
      client.send(client.request("eth_sendRawTransaction") { $0.data(envelope) }) { result in
        answer.update { $0 = result }
      }
      guard let result = answer.wait(until: deadline, { $0 }) else { throw away("no answer in time") }
      switch result {
      case .success:
        metrics.forwarded.increment()
        return
      case .failure(.refused(let error)):
        // What it has already is what was wanted.
        if error.isKnownTransaction { return }
        metrics.refused.increment()
        throw .refused(error)
      case .failure(let error):
        guard MonotonicClock.nanoseconds + Self.pause < deadline else { throw away(error.reason) }
        let signal = Signal()
        signal.wait(after: signal.generation, until: MonotonicClock.nanoseconds + Self.pause)
      }
    }
  }

  private func away(_ reason: String) -> Fault {
    metrics.away.increment()
    return .away("\(endpoint): \(reason)")
  }

  /// Asks the main node what a client asks this one, and gives its answer to the client.
  func answer(_ method: String, _ parameters: [JSONValue?], with reply: DeferredReply) {
    client.send(request(method, parameters)) { [self] result in
      reply.complete { (writer) throws(RPCError) in writer.value(try self.value(of: result)) }
    }
  }

  /// The same for a call among others. Blocks the thread.
  func answer(_ method: String, _ parameters: [JSONValue?]) throws(RPCError) -> JSONValue {
    let answer = Monitor<Result<JSONValue, RPCClientError>?>(nil)
    client.send(request(method, parameters)) { result in answer.update { $0 = result } }
    return try value(of: answer.wait { $0 } ?? .failure(.timedOut))
  }

  private func request(_ method: String, _ parameters: [JSONValue?]) -> ByteBuffer {
    client.request(method) { writer in
      for parameter in parameters { if let parameter { writer.value(parameter) } else { writer.null() } }
    }
  }

  private func value(of result: Result<JSONValue, RPCClientError>) throws(RPCError) -> JSONValue {
    switch result {
    case .success(let value): return value
    case .failure(.refused(let error)): throw error
    case .failure(let error):
      metrics.away.increment()
      throw RPCError(
        code: RPCError.mainNodeAwayCode, message: "the main node does not answer: \(endpoint): \(error.reason)")
    }
  }
}

extension RPCError {
  /// The code that says that a resource is not available (EIP-1474).
  static let mainNodeAwayCode = -32002

  /// Whether a node refuses a transaction because it has it: in the words of geth and this node.
  var isKnownTransaction: Bool { message.contains("already known") || message.contains("known transaction") }
}

extension RPCClientError {
  /// The reason in words, without the address.
  fileprivate var reason: String {
    switch self {
    case .refused(let error): error.message
    case .disconnected(let reason), .malformed(let reason), .badCertificates(let reason): reason
    case .timedOut: "no answer in time"
    case .cancelled: "cancelled"
    case .tooManyWaiting: "too many calls wait for it"
    case .status(let code): "HTTP status \(code)"
    case .badAddress: "no URL"
    }
  }
}

/// What goes to the main node.
private struct MainNodeMetrics: Sendable {
  let forwarded: Counter
  let refused: Counter
  let away: Counter

  init(_ registry: MetricsRegistry) {
    forwarded = registry.counter("main_node_forwarded_total", "Transactions that the main node has taken from this one")
    refused = registry.counter("main_node_refused_total", "Transactions that it has refused")
    away = registry.counter("main_node_away_total", "Calls that it has not answered")
  }
}
