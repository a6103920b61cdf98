import Concurrency
import Cryptography
import DevelopmentL1
import Ethereum
import HTTP
import JSON
import JSONRPC
import L1Contracts
import Logging
import NIOPosix
import Primitives
import StorageTesting
import Synchronization
import Telemetry
import Testing
import Transactions

/// A clock that tests set.
final class TestClock: Sendable {
  private let seconds: Atomic<UInt64>

  init(_ seconds: UInt64) { self.seconds = Atomic(seconds) }

  func advance(by amount: UInt64) { seconds.add(amount, ordering: .relaxed) }

  var source: TimeSource {
    TimeSource(
      unixSeconds: { [self] in seconds.load(ordering: .relaxed) },
      monotonicNanoseconds: { MonotonicClock.nanoseconds })
  }
}

/// Where the tests' time begins.
let start: UInt64 = 1_800_000_000

/// Two accounts with a thousand ether each.
let alice = DevelopmentAccount.wellKnown[0], bob = DevelopmentAccount.wellKnown[1]
let ether = UInt256(1_000_000_000_000_000_000)

/// A development L1, and a way to call it.
final class L1Fixture: Sendable {
  let l1: DevelopmentL1
  let clock: TestClock
  private let pool = WorkerPool(threads: 2)
  private let dispatcher: RPCDispatcher

  /// - Parameter folder: where the journal is; without one the chain lives in memory.
  init(
    in folder: String? = nil, clock: TestClock = TestClock(start), accounts: [Address: Account] = [:],
    transactions: [RecoveredTransaction] = [], _ adjust: (inout DevelopmentL1.Options) -> Void = { _ in }
  ) throws {
    var options = DevelopmentL1.Options()
    options.chain.directory = folder
    options.accounts = [alice, bob]
    adjust(&options)
    self.clock = clock
    let registry = MetricsRegistry()
    l1 = try DevelopmentL1(
      options, time: clock.source, registry: registry, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) { () throws(ChainError) in
      var all = accounts
      for account in [alice, bob] { all[account.address] = Account(balance: ether &* 1_000) }
      return Genesis(accounts: all, transactions: transactions)
    }
    dispatcher = RPCDispatcher(methods: l1.methods, pool: pool, heavyPool: pool, metrics: RPCMetrics(registry))
  }

  /// The chain of a folder whose process was killed a moment ago: what it had in work may hold the folder a little longer.
  static func restarted(
    in folder: String, clock: TestClock = TestClock(start), _ adjust: (inout DevelopmentL1.Options) -> Void = { _ in }
  ) async throws -> L1Fixture {
    for _ in 0..<4_000 {
      do { return try L1Fixture(in: folder, clock: clock, adjust) } catch ChainError.journal(.inUse) {
        try await Task.sleep(for: .milliseconds(5))
      }
    }
    return try L1Fixture(in: folder, clock: clock, adjust)
  }

  deinit { Task { [pool] in await pool.shutdown() } }

  /// The response to a call; `parameters` is the text of an array.
  func response(_ method: String, _ parameters: String = "[]") async throws -> JSONValue {
    let message = #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(parameters)}"#
    let text = await withCheckedContinuation { continuation in
      dispatcher.handle(Array(message.utf8)) {
        continuation.resume(returning: $0.map { Array($0.text.readableBytesView) } ?? [])
      }
    }
    return try JSONValue(parsing: text)
  }

  @discardableResult
  func result(
    _ method: String, _ parameters: String = "[]", at location: SourceLocation = #_sourceLocation
  ) async throws -> JSONValue {
    let response = try await response(method, parameters)
    return try #require(
      response["result"], "\(method): \(response["error"]?["message"]?.string ?? "no result")", sourceLocation: location
    )
  }

  /// The message of the error of a call.
  func error(
    _ method: String, _ parameters: String = "[]", at location: SourceLocation = #_sourceLocation
  ) async throws -> String {
    try #require(try await response(method, parameters)["error"]?["message"]?.string, sourceLocation: location)
  }

  func number(_ method: String, _ parameters: String = "[]") async throws -> UInt64 {
    try #require(try await result(method, parameters).quantity64)
  }

  // MARK: What most tests do

  var head: UInt64 { get async throws { try await number("eth_blockNumber") } }

  func balance(_ address: Address, at block: String = "latest") async throws -> UInt256 {
    try #require(try await result("eth_getBalance", #"["\#(address)","\#(block)"]"#).quantity)
  }

  /// Sends a transfer of alice's to bob; its hash.
  func send(
    value: UInt64 = 1, nonce: UInt64? = nil, from sender: DevelopmentAccount = alice, tip: UInt64 = 1_000_000_000,
    cap: UInt64 = 100_000_000_000
  ) async throws -> String {
    try #require(
      try await result("eth_sendRawTransaction", try await raw(value, nonce, sender, tip: tip, cap: cap)).string)
  }

  func raw(
    _ value: UInt64 = 1, _ nonce: UInt64? = nil, _ sender: DevelopmentAccount = alice, tip: UInt64 = 1_000_000_000,
    cap: UInt64 = 100_000_000_000, chainID: UInt64? = 31_337
  ) async throws -> String {
    var next = nonce ?? 0
    if nonce == nil { next = try await number("eth_getTransactionCount", #"["\#(sender.address)","pending"]"#) }
    let transaction = SignedTransaction(
      kind: chainID == nil ? .legacy : .dynamicFee, chainID: chainID, nonce: next, gasLimit: 21_000,
      maxFeePerGas: UInt256(cap), maxPriorityFeePerGas: UInt256(chainID == nil ? cap : tip), to: bob.address,
      value: UInt256(value), input: [])
    return #"["\#(Hex.encode(try transaction.signed(with: sender.key).envelope))"]"#
  }

  /// The number of the block that a transaction is in; `nil` while it is in none.
  func block(of hash: String) async throws -> UInt64? {
    let receipt = try await result("eth_getTransactionReceipt", #"["\#(hash)"]"#)
    return receipt.isNull ? nil : receipt["blockNumber"]?.quantity64
  }

  func blockField(_ name: StaticString, _ number: UInt64) async throws -> String {
    let block = try await result("eth_getBlockByNumber", #"["0x\#(String(number, radix: 16))",false]"#)
    return try #require(block[name]?.string)
  }
}
