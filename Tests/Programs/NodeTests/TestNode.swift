import Concurrency
import JSON
import JSONRPC
import Logging
import NIOPosix
import Node
import NodeOptions
import Primitives
import SocketTesting
import StorageTesting
import Testing
import Transactions

/// The real node, started in the process of the test: on ports that the system chooses, with a database of its own.
///
/// This is the only place that knows how a node is started and stopped. Tests reach it over its ports, as everybody does.
struct TestNode {
  let rpcPort: Int
  let metricsPort: Int
  /// Of the node's own L1, where it has one.
  let l1Port: Int?
  /// Where provers find their jobs, where they find any.
  let proverPort: Int?
  let client: JSONRPCClient

  /// Starts a node, lets `body` use it, and stops it, whatever comes of that.
  ///
  /// - Parameters:
  ///   - options: as in the environment of the process.
  ///   - directory: of the database.
  ///   - clock: what it takes for the time.
  ///   - awaitsBlock: whether `body` begins only when the first block is there.
  ///   - terminal: whoever looks on.
  static func run(
    _ options: [String: String] = [:], in directory: TemporaryDirectory = TemporaryDirectory(),
    clock: TimeSource = .system, awaitsBlock: Bool = true, terminal: Terminal? = nil,
    _ body: (TestNode) async throws -> Void
  ) async throws {
    var defaults = [
      "RPC_ADDRESS": "127.0.0.1:0", "METRICS_ADDRESS": "127.0.0.1:0", "PROVER_API_ADDRESS": "127.0.0.1:0",
      "ADMIN_ADDRESS": "127.0.0.1:0",
      "SEQUENCER_ROCKS_DB_PATH": directory.file("db"), "SEQUENCER_BLOCK_TIME": "5ms",
    ]
    // Whatever runs on this machine where L1 is by default is none of the test's.
    if options["DEVELOPMENT_L1_ENABLED"] == nil { defaults["L1_WATCHER_L1_API_URL"] = "" }
    let configuration = try NodeConfiguration.load(
      environment: defaults.merging(options) { $1 }, arguments: [])
    let node = try await Node.start(
      configuration, log: Logger(label: "node") { _ in SwiftLogNoOpLogHandler() }, clock: clock, terminal: terminal)
    let result: Result<Void, any Error>
    do { result = .success(try await use(node, awaitsBlock: awaitsBlock, body)) } catch { result = .failure(error) }
    await node.stop()
    try result.get()
  }

  private static func use(_ node: Node, awaitsBlock: Bool, _ body: (TestNode) async throws -> Void) async throws {
    let client = try JSONRPCClient(
      url: "http://127.0.0.1:\(node.rpcPort)", on: MultiThreadedEventLoopGroup.singleton.next())
    let node = TestNode(
      rpcPort: node.rpcPort, metricsPort: node.metricsPort, l1Port: node.l1Port, proverPort: node.proverPort,
      client: client)
    let result: Result<Void, any Error>
    do {
      // Clients are served once the first block, which funds the rich account, is there.
      if awaitsBlock { #expect(try await node.head() >= 1) }
      result = .success(try await body(node))
    } catch {
      result = .failure(error)
    }
    await client.shutdown()
    try result.get()
  }

  // MARK: JSON-RPC

  /// Calls a method with parameters in JSON.
  func call(_ method: String, _ parameters: String...) async throws -> JSONValue {
    try await client.call(method) { writer in for parameter in parameters { writer.raw(parameter) } }
  }

  func head() async throws -> UInt64 { try #require(try await call("eth_blockNumber").quantity64) }

  func send(_ transaction: SignedTransaction) async throws -> Bytes32 {
    let envelope = transaction.envelope
    return try #require(try await client.call("eth_sendRawTransaction") { $0.data(envelope) }.bytes32)
  }

  /// The receipt of a transaction, once it is in a block.
  func receipt(of hash: Bytes32) async throws -> JSONValue {
    var receipt: JSONValue?
    try await until {
      let answer = try await client.call("eth_getTransactionReceipt") { $0.data(hash) }
      receipt = answer.isNull ? nil : answer
      return receipt != nil
    }
    return try #require(receipt)
  }

  // MARK: The prover API

  /// A request of a prover, answered on a thread of its own: a proof is large, and its verification takes a while.
  func prover(_ method: String, _ path: String, _ body: String = "") async throws -> RawSocket.Response {
    let port = try #require(proverPort)
    return try await withCheckedThrowingContinuation { continuation in
      _ = ServiceThread {
        continuation.resume(
          with: Result {
            let socket = try RawSocket(port: port, timeout: 60)
            try socket.write(
              "\(method) /prover-jobs/\(path) HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            return try socket.readResponse()
          })
      }
    }
  }

  // MARK: The metrics port

  func get(_ path: String) throws -> RawSocket.Response {
    let socket = try RawSocket(port: metricsPort)
    try socket.write("GET \(path) HTTP/1.1\r\nHost: test\r\n\r\n")
    return try socket.readResponse()
  }

  /// The samples by their names with labels.
  func metrics() throws -> [String: Double] {
    var samples: [String: Double] = [:]
    for line in try get("/metrics").body.split(separator: "\n") where !line.hasPrefix("#") {
      guard let space = line.lastIndex(of: " ") else { continue }
      samples[String(line[..<space])] = Double(line[line.index(after: space)...])
    }
    return samples
  }
}

/// Asks until the answer is yes; the test fails after some ten seconds.
func until(_ condition: () async throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation) async throws {
  for _ in 0..<5_000 {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(2))
  }
  Issue.record("the condition never came true", sourceLocation: sourceLocation)
  throw CancellationError()
}
