import Batches
import Concurrency
import Cryptography
import JSON
import L1Client
import L1Contracts
import L1Settlement
import L1Testing
import Primitives
import StorageTesting
import Synchronization
import Telemetry
import Testing

/// A node's settlement beside an L1 of the test, on the clock of that L1. Nothing happens but what the test does.
final class SettlementFixture {
  let l1: TestL1
  let rollup: TestRollup
  let options: SettlerOptions
  private let directory: TemporaryDirectory
  private let retries = Flag()
  private(set) var settler: Settler
  private(set) var status: SettlerStatus
  private(set) var finality: Finality
  private(set) var store: SettlementStore
  private(set) var registry = MetricsRegistry()

  final class Flag: Sendable {
    private let isSet = Atomic(false)
    func set() { isSet.store(true, ordering: .relaxed) }
    func take() -> Bool { isSet.exchange(false, ordering: .relaxed) }
  }

  static let operatorKey = Secp256k1.PrivateKey(hex: "c9ee945b2f6d4c462a743f5af3904a4ee78aec0218f1f4f3c53d0bfbf809b520")

  init(
    _ l1: TestL1? = nil, _ rollup: TestRollup = TestRollup(), storeInMemory: Bool = false,
    _ adjust: (inout SettlerOptions) -> Void = { _ in }
  ) throws {
    directory = TemporaryDirectory(inMemory: storeInMemory)
    self.l1 = try l1 ?? TestL1()
    self.rollup = rollup
    var options = SettlerOptions(
      bridgehub: L1Genesis.bridgehub, chainID: TestL1.l2ChainID, operatorKey: try #require(Self.operatorKey))
    options.finality = .executed
    adjust(&options)
    self.options = options
    store = try SettlementStore(path: directory.file("l1_sender"))
    (settler, status, finality) = try Self.settler(
      self.l1.client, rollup, store, options, registry, self.l1.clock, retries)
  }

  private static func settler(
    _ client: L1Client, _ rollup: TestRollup, _ store: SettlementStore, _ options: SettlerOptions,
    _ registry: MetricsRegistry, _ clock: TestClock, _ retries: Flag
  ) throws -> (Settler, SettlerStatus, Finality) {
    let status = SettlerStatus(), finality = try Finality(store)
    let settler = Settler(
      client: client, source: rollup, store: store, finality: finality, options: options,
      metrics: L1SenderMetrics(registry), status: status, time: clock.source, takesRetry: { retries.take() })
    return (settler, status, finality)
  }

  /// A new process over what the last one had written down.
  func restart() throws {
    (settler, status, finality) = try Self.settler(l1.client, rollup, store, options, registry, l1.clock, retries)
  }

  /// A new process that finds nothing written down.
  func restartWithoutStore() throws {
    store = try SettlementStore(path: directory.file("l1_sender_\(l1.clock.source.monotonicNanoseconds())"))
    try restart()
  }

  /// What `zkos l1 retry` does.
  func retry() { retries.set() }

  func step(_ count: Int = 1, advancing time: Duration = .seconds(1)) async {
    for _ in 0..<count {
      _ = await settler.step()
      l1.clock.advance(by: time)
    }
  }

  /// Steps until `condition` holds; whether it does in the end.
  func run(atMost steps: Int = 100, mining: UInt64 = 0, until condition: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<steps {
      if try await condition() { return true }
      await step()
      if mining > 0 { try await l1.mine(mining) }
    }
    return try await condition()
  }

  /// Brings every batch all the way.
  func settle(_ location: SourceLocation = #_sourceLocation) async throws {
    let count = rollup.count
    let isDone = try await run { try await self.totals().executed == count }
    let totals = try await self.totals()
    #expect(isDone, "\(totals) of \(count), \(status.current)", sourceLocation: location)
  }

  // MARK: Looking

  func read<R: Sendable>(_ call: ContractCall<R>) async throws -> R {
    let answer = try await l1.perform(
      "eth_call", #"[{"to":"\#(try l1.deployment.chain)","data":"\#(Hex.encode(call.input))"},"latest"]"#)
    return try call.result(of: try #require(answer.data))
  }

  func totals() async throws -> BatchTotals {
    BatchTotals(
      committed: try await read(ChainCall.getTotalBatchesCommitted),
      proved: try await read(ChainCall.getTotalBatchesVerified),
      executed: try await read(ChainCall.getTotalBatchesExecuted))
  }

  /// Transactions of the operator that wait on L1.
  func pooled() async throws -> UInt64 {
    func count(_ tag: String) async throws -> UInt64 {
      try #require(
        try await l1.perform("eth_getTransactionCount", #"["\#(L1Genesis.operatorAccount)","\#(tag)"]"#).quantity64)
    }
    return try await count("pending") - (try await count("latest"))
  }

  func metric(_ name: String) -> Double? {
    for line in registry.exposition.split(separator: "\n") where line.hasPrefix(name + " ") {
      return Double(line.dropFirst(name.count + 1))
    }
    return nil
  }

  /// That L1 has every batch, the same as here, and that what is known of each is on the chain that L1 has now.
  func check(_ context: String = "", _ location: SourceLocation = #_sourceLocation) async throws {
    let count = rollup.count
    let totals = try await self.totals()
    #expect(
      totals == BatchTotals(committed: count, proved: count, executed: count), "\(context) \(status.current)",
      sourceLocation: location)
    for number in 1...max(1, count) {
      let hash = try await read(ChainCall.storedBatchHash(number))
      #expect(hash == rollup.batch(BatchNumber(number))?.stored.hash, "\(context)", sourceLocation: location)
      let progress = finality.progress(of: BatchNumber(number))
      for step in SettlementStep.allCases {
        guard let reference = progress?[step] else {
          Issue.record("\(context): batch \(number) has no \(step)", sourceLocation: location)
          continue
        }
        let receipt = try await l1.perform("eth_getTransactionReceipt", #"["\#(reference.transaction)"]"#)
        #expect(
          receipt["blockHash"]?.bytes32 == reference.blockHash && receipt["status"]?.quantity64 == 1,
          "\(context): batch \(number), \(step)", sourceLocation: location)
      }
    }
    #expect(finality.safeBlock == count && finality.finalizedBlock == count, "\(context)", sourceLocation: location)
  }
}
