import ArgumentParser
import Cryptography
import EVMBenchmark
import Files
import Glibc
import HTTP
import JSON
import JSONRPC
import Logging
import NIOCore
import NIOPosix
import Node
import NodeOptions
import Primitives

/// A node in this process with a chain on which there is something to ask for, and beside it the same server with a route
/// that gives back what it gets.
struct BenchNode {
  let rpcPort: Int
  let echoPort: Int
  let token: Address
  let holder: Address
  /// A block of many transfers of the token, and one of its transactions.
  let block: UInt64
  let transaction: Bytes32
  /// Sixteen blocks with transactions and without a log.
  let silentBlocks: ClosedRange<UInt64>
  let head: UInt64

  /// - Parameter seconds: how long the chain is filled before it is asked.
  static func with<R: Sendable>(seconds: Int, _ body: @Sendable (BenchNode) async throws -> R) async throws -> R {
    var template = Array("/tmp/zkos-bench-XXXXXX".utf8CString)
    let path = try template.withUnsafeMutableBufferPointer { buffer in
      guard let name = buffer.baseAddress, mkdtemp(name) != nil else { throw ReferenceError.noTemporaryFolder }
      return String(cString: name)
    }
    defer { Files.remove(path) }
    let configuration = try NodeConfiguration.load(
      environment: [
        "RPC_ADDRESS": "127.0.0.1:0", "METRICS_ADDRESS": "127.0.0.1:0", "ADMIN_ADDRESS": "127.0.0.1:0",
        "SEQUENCER_ROCKS_DB_PATH": path,
        "L1_WATCHER_L1_API_URL": "",
      ], arguments: [])
    // The node's parts have loggers of their own, whose lines would be part of what is measured.
    LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
    let node = try await Node.start(configuration, log: Logger(label: "bench"))
    let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let echo = try await HTTPServer.start(EchoService(), host: "127.0.0.1", port: 0, on: loops)
    let client = try JSONRPCClient(url: "http://127.0.0.1:\(node.rpcPort)", connections: 16, on: loops.next())
    let result: Result<R, any Error>
    do {
      let filled = try await fill(client, rpcPort: node.rpcPort, echoPort: echo.port, seconds: seconds)
      result = .success(try await body(filled))
    } catch {
      result = .failure(error)
    }
    await client.shutdown()
    await echo.shutdown(grace: .milliseconds(100))
    await node.stop()
    try await loops.shutdownGracefully()
    return try result.get()
  }

  private static let richKey = "0x7726827caac94a7f9e1b160f7ea819f172f7b6f9d2a97f992c38edeab82d4110"

  private static func fill(
    _ client: JSONRPCClient, rpcPort: Int, echoPort: Int, seconds: Int
  ) async throws -> BenchNode {
    guard let key = Secp256k1.PrivateKey(hex: richKey), let funder = Wallet(key) else { throw ExitCode.failure }
    let chain = try await ChainFacts(client)
    var senders = try (0..<16).map { try Wallet(seed: $0) }
    let preparation = Preparation(client: client, chain: chain)
    try await preparation.fund(&senders, from: funder)
    let token = try await preparation.deployToken(for: senders, from: funder)
    let first = try await head(client)
    _ = try await Load(client: client, chain: chain, wallets: senders, token: nil, inFlight: 100).run(seconds: seconds)
    let middle = try await head(client)
    for index in senders.indices { senders[index].nonce = try await nonce(of: senders[index].address, client) }
    _ = try await Load(client: client, chain: chain, wallets: senders, token: token, inFlight: 100).run(seconds: 1)
    let last = try await head(client)
    guard middle >= first + 16, let fullest = try await fullest(middle + 1...last, client) else {
      throw ValidationError("the chain is too short: let it be filled for longer")
    }
    let silent = (first + 1 + middle - 16) / 2
    return BenchNode(
      rpcPort: rpcPort, echoPort: echoPort, token: token, holder: senders[0].address, block: fullest.number,
      transaction: fullest.transaction, silentBlocks: silent + 1...silent + 16, head: last)
  }

  private static func head(_ client: JSONRPCClient) async throws -> UInt64 {
    try await client.call("eth_blockNumber").quantity64 ?? 0
  }

  private static func nonce(of address: Address, _ client: JSONRPCClient) async throws -> UInt64 {
    try await client.call("eth_getTransactionCount") {
      $0.data(address)
      $0.string("latest")
    }.quantity64 ?? 0
  }

  /// The block with the most transactions, and one of them.
  private static func fullest(
    _ range: ClosedRange<UInt64>, _ client: JSONRPCClient
  ) async throws -> (number: UInt64, transaction: Bytes32)? {
    var best: (count: Int, number: UInt64, transaction: Bytes32)?
    for number in range {
      let block = try await client.call("eth_getBlockByNumber") {
        $0.quantity(number)
        $0.boolean(false)
      }
      let hashes = block["transactions"]?.elements?.compactMap(\.bytes32) ?? []
      if let last = hashes.last, hashes.count > best?.count ?? 0 { best = (hashes.count, number, last) }
    }
    return best.map { ($0.number, $0.transaction) }
  }
}

/// Gives back the body of a request.
private struct EchoService: HTTPService {
  func respond(to request: HTTPRequest, reply: HTTPReply) { reply.send(.json(request.body)) }
}
