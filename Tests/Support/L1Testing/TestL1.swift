import Batches
import Concurrency
import DevelopmentL1
import Ethereum
import JSON
import JSONRPC
import L1Client
import L1Contracts
import Logging
import Primitives
import Synchronization
import Telemetry

/// A development L1 in the test's process, with the contracts of a chain, on a clock that the test sets. It carries calls
/// like a connection does, and lets the test stand in between.
///
/// It mines each transaction as it comes, until it is told otherwise (`anvil_setAutomine`).
public final class TestL1: L1Transport {
  /// What becomes of a call in place of its result.
  public enum Fault: Sendable {
    /// It does not arrive.
    case fails(L1Error)
    /// It arrives and has its effect; the answer is lost.
    case loses(L1Error)
    /// It is not asked; the answer is this text of JSON.
    case answers(String)
    /// It is asked, and its answer replaced by what this makes of it.
    case replaces(@Sendable (JSONValue) -> String)
    /// It arrives once this returns.
    case waits(@Sendable () async -> Void)
  }

  /// Decides what becomes of a call, by its method and the array of its parameters; `nil` for what is usual.
  public typealias Hook = @Sendable (_ method: String, _ parameters: JSONValue) -> Fault?

  /// What signatures on it name.
  public static let chainID: UInt64 = 9
  /// Of the chain that settles on it.
  public static let l2ChainID: UInt64 = 270

  public let l1: DevelopmentL1
  public let clock: TestClock
  private let pool = WorkerPool(threads: 1)
  private let dispatcher: RPCDispatcher
  private let hook = Mutex<Hook?>(nil)
  private let calls = Mutex<[String: Int]>([:])

  // Made once: deploying the contracts takes longer than most tests.
  private static let genesis = Result { () throws(ChainError) in
    try Genesis.contracts(
      l1ChainID: chainID, l2ChainID: l2ChainID, storedBatchZero: StoredBatchInfo.ofEmptyChain.hash)
  }
  private static let contracts = Result { () throws(L1GenesisError) in
    try L1Genesis(l1ChainID: chainID, l2ChainID: l2ChainID, storedBatchZero: StoredBatchInfo.ofEmptyChain.hash)
      .deployment
  }

  /// The contracts of the chain.
  public var deployment: L1Deployment { get throws { try Self.contracts.get() } }

  /// - Parameter folder: where its journal is; without one it lives in memory.
  public init(
    in folder: String? = nil, clock: TestClock = TestClock(),
    _ adjust: (inout DevelopmentL1.Options) -> Void = { _ in }
  ) throws {
    var options = DevelopmentL1.Options()
    options.chain.directory = folder
    options.chain.chainID = Self.chainID
    options.chain.slotsInAnEpoch = 1
    options.accounts = DevelopmentAccount.wellKnown
    adjust(&options)
    self.clock = clock
    let registry = MetricsRegistry()
    l1 = try DevelopmentL1(
      options, time: clock.source, registry: registry, log: Logger(label: "l1") { _ in SwiftLogNoOpLogHandler() }
    ) { () throws(ChainError) in try Self.genesis.get() }
    dispatcher = RPCDispatcher(methods: l1.methods, pool: pool, heavyPool: pool, metrics: RPCMetrics(registry))
  }

  deinit {
    l1.chain.close()
    Task { [pool] in await pool.shutdown() }
  }

  /// What the node asks it with.
  public var client: L1Client { L1Client(self) }

  /// From now on calls of clients, not those of the test itself, go through `hook`.
  public func intercept(_ hook: Hook?) { self.hook.withLock { $0 = hook } }

  /// How often clients called a method.
  public func count(of method: String) -> Int { calls.withLock { $0[method] ?? 0 } }

  public func call(_ method: String, _ parameters: (inout JSONWriter) -> Void) async throws(L1Error) -> JSONValue {
    var writer = JSONWriter()
    writer.beginArray()
    parameters(&writer)
    writer.endArray()
    let text = String(decoding: writer.bytes, as: UTF8.self)
    calls.withLock { $0[method, default: 0] += 1 }
    guard let hook = hook.withLock({ $0 }), let fault = hook(method, try Self.parsed(text)) else {
      return try await perform(method, text)
    }
    switch fault {
    case .fails(let error): throw error
    case .loses(let error):
      _ = try await perform(method, text)
      throw error
    case .answers(let answer): return try Self.parsed(answer)
    case .replaces(let change): return try Self.parsed(change(try await perform(method, text)))
    case .waits(let wait):
      await wait()
      return try await perform(method, text)
    }
  }

  /// Calls it past the hook; `parameters` is the text of an array.
  @discardableResult
  public func perform(_ method: String, _ parameters: String = "[]") async throws(L1Error) -> JSONValue {
    let message = #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(parameters)}"#
    let text = await withCheckedContinuation { continuation in
      dispatcher.handle(Array(message.utf8)) {
        continuation.resume(returning: $0.map { Array($0.text.readableBytesView) } ?? [])
      }
    }
    do throws(RPCClientError) { return try JSONRPCClient.result(of: text).get() } catch {
      if case .refused(let refusal) = error { throw .refused(refusal) }
      throw .malformed("\(error)")
    }
  }

  private static func parsed(_ text: String) throws(L1Error) -> JSONValue {
    do { return try JSONValue(parsing: Array(text.utf8)) } catch { throw .malformed("\(error)") }
  }
}
