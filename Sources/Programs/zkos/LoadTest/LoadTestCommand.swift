import ArgumentParser
import Cryptography
import JSONRPC
import NIOPosix
import Primitives

/// `zkos loadtest`: funds wallets, lets them send transfers as fast as the node takes them, and reports.
struct LoadTestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "loadtest", abstract: "Put a node under load: signed transfers from many wallets over JSON-RPC.")

  @Option(help: "The node.")
  var rpc = "http://127.0.0.1:3050"

  @Option(help: "Sending accounts.")
  var wallets = 20

  @Option(help: "Transactions of a wallet that may wait for a block.")
  var inFlight = 50

  @Option(help: "How long to send.")
  var seconds = 10

  @Option(help: "Transactions a second, all wallets together; 0 for as many as the node takes.")
  var rate = 0

  @Option(help: "Clients that trace one recent block after the other meanwhile.")
  var tracers = 0

  @Flag(help: "Send token transfers of a freshly deployed ERC-20 instead of ETH.")
  var erc20 = false

  @Option(help: "Key of the account that pays: by default that of a local chain.")
  var fundingKey = "0x7726827caac94a7f9e1b160f7ea819f172f7b6f9d2a97f992c38edeab82d4110"

  func validate() throws {
    guard wallets > 0, inFlight > 0, seconds > 0 else {
      throw ValidationError("--wallets, --in-flight and --seconds must be at least 1")
    }
    guard rate >= 0, 0...1_000 ~= tracers else {
      throw ValidationError("--rate must not be negative, and --tracers must be 0 to 1000")
    }
    guard Secp256k1.PrivateKey(hex: fundingKey) != nil else { throw ValidationError("--funding-key is no key") }
  }

  func run() async throws {
    guard let key = Secp256k1.PrivateKey(hex: fundingKey), let funder = Wallet(key) else { throw ExitCode.failure }
    let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let client = try JSONRPCClient(url: rpc, connections: max(8, min(wallets, 64)), on: loop.next())
    let chain = try await ChainFacts(client)
    var senders = try (0..<wallets).map { index in try Wallet(seed: index) }
    let preparation = Preparation(client: client, chain: chain)
    print("funding \(wallets) wallets on chain \(chain.chainID)")
    try await preparation.fund(&senders, from: funder)
    var token: Address?
    if erc20 {
      print("deploying a token")
      token = try await preparation.deployToken(for: senders, from: funder)
    }
    let load = Load(client: client, chain: chain, wallets: senders, token: token, inFlight: inFlight, rate: rate)
    let tracing = try TracingLoad(url: rpc, clients: tracers, on: loop.next())
    async let traced = tracing.run(seconds: seconds)
    let report = try await load.run(seconds: seconds)
    print(report.table)
    if tracers > 0 { print(await traced) } else { _ = await traced }
    await tracing.end()
    await client.shutdown()
    try await loop.shutdownGracefully()
    if report.missing > 0 || report.included == 0 { throw ExitCode.failure }
  }
}

/// What does not change while the load runs.
struct ChainFacts: Sendable {
  let chainID: UInt64
  /// Wei per gas.
  let gasPrice: UInt256

  init(_ client: JSONRPCClient) async throws {
    guard let chainID = try await client.call("eth_chainId").quantity64,
      let gasPrice = try await client.call("eth_gasPrice").quantity
    else { throw ValidationError("the node does not say its chain id and gas price") }
    self.chainID = chainID
    self.gasPrice = gasPrice
  }
}
