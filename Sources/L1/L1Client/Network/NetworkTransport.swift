import Concurrency
import JSON
import JSONRPC
import NIOCore
import Synchronization

/// Calls over the network to one of several nodes: the first of them that works. One that fails is left alone for a while,
/// longer each time, and then asked again.
///
/// What is secret in a URL never shows: nodes are called by scheme, host and port.
public final class NetworkTransport: L1Transport {
  public struct Options: Sendable {
    /// How long one node has for one call.
    public var timeout = Duration.seconds(10)
    /// Calls on their way at the same time to one node; others wait.
    public var connections = 16
    /// Calls that wait for one node.
    public var waiting = 1_024
    /// Bytes of one answer.
    public var answerBytes = 32 << 20
    /// A PEM file with the certificates that nodes are trusted by; `nil` for those of the system.
    public var certificates: String?

    public init() {}
  }

  /// A node is left alone for one second after its first failure, for twice as long after each further one.
  private static let shortestPause: UInt64 = 1_000_000_000
  private static let longestPause: UInt64 = 30_000_000_000

  private struct Node {
    let endpoint: RPCEndpoint
    let client: JSONRPCClient
    /// Failures since its last success.
    var failures = 0
    /// On the monotonic clock.
    var pausedUntil: UInt64 = 0
  }

  private let endpoints: @Sendable () -> [RPCEndpoint]
  private let options: Options
  private let time: TimeSource
  private let loop: any EventLoop
  private let metrics: L1CallMetrics?
  private let nodes = Mutex<[Node]>([])

  /// - Parameters:
  ///   - loop: where the connections live.
  ///   - endpoints: the nodes in the order of preference. Asked once, at the first call.
  public init(
    _ options: Options = Options(), time: TimeSource = .system, metrics: L1CallMetrics? = nil, on loop: any EventLoop,
    endpoints: @escaping @Sendable () -> [RPCEndpoint]
  ) {
    self.options = options
    self.time = time
    self.loop = loop
    self.metrics = metrics
    self.endpoints = endpoints
  }

  public func call(_ method: String, _ parameters: (inout JSONWriter) -> Void) async throws(L1Error) -> JSONValue {
    try connect()
    var failure = L1Error.unreachable("there is no node")
    // Each node once, and a single one twice: connections break just when they are used.
    var tried: [Int] = []
    while let (index, client) = next(tried) {
      tried.append(index)
      do throws(RPCClientError) {
        let start = time.monotonicNanoseconds()
        defer { metrics?.time.observe(.nanoseconds(Int64(clamping: time.monotonicNanoseconds() &- start))) }
        let result = try await client.call(method, parameters)
        metrics?.count(.answered)
        note(index, succeeded: true)
        return result
      } catch {
        failure = description(of: error, index)
        metrics?.count(failure.isPassing ? .failed : .refused)
        if case .cancelled = error { throw failure }
        guard failure.isPassing else {
          note(index, succeeded: true)
          throw failure
        }
        note(index, succeeded: false)
      }
    }
    throw failure
  }

  /// Ends all connections.
  public func shutdown() async {
    for client in nodes.withLock({ $0.map(\.client) }) { await client.shutdown() }
  }

  private func connect() throws(L1Error) {
    guard nodes.withLock({ $0.isEmpty }) else { return }
    var limits = JSONRPCClient.Limits()
    limits.connections = options.connections
    limits.waiting = options.waiting
    limits.responseBytes = options.answerBytes
    var made: [Node] = []
    for endpoint in endpoints() {
      do throws(RPCClientError) {
        let client = try JSONRPCClient(
          endpoint, limits: limits, timeout: .nanoseconds(Int64(clamping: options.timeout.nanoseconds)),
          certificates: options.certificates, on: loop)
        made.append(Node(endpoint: endpoint, client: client))
      } catch { throw .unreachable("\(endpoint): \(Self.text(of: error))") }
    }
    nodes.withLock { if $0.isEmpty { $0 = made } }
  }

  /// The node to ask after those: the first that does not rest, else the one that has rested longest.
  private func next(_ tried: [Int]) -> (Int, JSONRPCClient)? {
    let now = time.monotonicNanoseconds()
    return nodes.withLock { nodes in
      if tried.count >= max(2, nodes.count) { return nil }
      let left = nodes.count == 1 ? [0] : nodes.indices.filter { !tried.contains($0) }
      let index =
        left.first { nodes[$0].pausedUntil <= now } ?? left.min { nodes[$0].pausedUntil < nodes[$1].pausedUntil }
      return index.map { ($0, nodes[$0].client) }
    }
  }

  private func note(_ index: Int, succeeded: Bool) {
    let now = time.monotonicNanoseconds()
    nodes.withLock { nodes in
      guard !succeeded else {
        nodes[index].failures = 0
        nodes[index].pausedUntil = 0
        return
      }
      let pause = Self.shortestPause << UInt64(min(nodes[index].failures, 5))
      nodes[index].failures = min(nodes[index].failures + 1, 1_000)
      nodes[index].pausedUntil = now + min(pause, Self.longestPause)
    }
  }

  private func description(of error: RPCClientError, _ index: Int) -> L1Error {
    switch error {
    case .refused(let refusal): return .refused(refusal)
    case .timedOut: return .timedOut
    case .malformed(let text): return .malformed(text)
    default:
      let endpoint = nodes.withLock { $0[index].endpoint }
      return .unreachable("\(endpoint): \(Self.text(of: error))")
    }
  }

  private static func text(of error: RPCClientError) -> String {
    switch error {
    case .disconnected(let reason): reason
    case .status(let code): "it answers with HTTP status \(code)"
    case .badCertificates(let reason): "the certificates cannot be read: \(reason)"
    case .cancelled: "the call was given up"
    case .tooManyWaiting: "too many calls wait for it"
    case .badAddress, .refused, .timedOut, .malformed: "\(error)"
    }
  }
}
