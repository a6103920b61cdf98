import Concurrency
import L1Client
import L1Contracts
import L1Requests
import L1Testing
import Logging
import Primitives
import StorageTesting
import Synchronization
import Telemetry
import Testing
import Transactions
import ZKsyncOS

import Batches

/// An L1, a watcher of it that can be started again, and a chain that takes what the watcher brings.
final class WatchedL1 {
  /// What a chain has: its requests in their order, and the block of each.
  private(set) var chain: [Bytes32] = []
  private(set) var queue: L1RequestQueue
  private(set) var heads: L1Heads
  private(set) var watcher: L1RequestWatcher
  let l1: TestL1
  private let adjust: (inout L1RequestWatcher.Options) -> Void
  private let directory = TemporaryDirectory()
  private let forced: RecoveredTransaction?

  /// - Parameter hasForcedDeposit: whether the chain begins with it rather than with what L1 says.
  init(
    _ l1: TestL1, hasForcedDeposit: Bool = true, _ adjust: @escaping (inout L1RequestWatcher.Options) -> Void = { _ in }
  ) throws {
    self.l1 = l1
    self.adjust = adjust
    forced = hasForcedDeposit ? try RecoveredTransaction(.request(Genesis.forcedDeposit)) : nil
    (queue, heads, watcher) = Self.parts(l1, directory, forced, [], adjust)
    watcher.open()
  }

  private static func parts(
    _ l1: TestL1, _ directory: TemporaryDirectory, _ forced: RecoveredTransaction?, _ chain: [Bytes32],
    _ adjust: (inout L1RequestWatcher.Options) -> Void
  ) -> (L1RequestQueue, L1Heads, L1RequestWatcher) {
    let registry = MetricsRegistry(), log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let queue = L1RequestQueue(next: UInt64(chain.count), forced: forced)
    let heads = L1Heads(l1.client, metrics: L1HeadsMetrics(registry), log: log)
    var options = L1RequestWatcher.Options(
      key: L1Chain.Key(
        l2ChainID: TestL1.l2ChainID, bridgehub: L1Genesis.bridgehub,
        storedBatchZero: StoredBatchInfo.ofEmptyChain.hash), path: directory.file("l1_watcher"))
    adjust(&options)
    let blocks = Dictionary(uniqueKeysWithValues: chain.enumerated().map { ($1, UInt64($0 + 1)) })
    let watcher = L1RequestWatcher(
      l1.client, heads: heads, queue: queue, options: options, metrics: L1RequestMetrics(registry), log: log,
      time: l1.clock.source, blockOf: { blocks[$0] }, onNews: {})
    return (queue, heads, watcher)
  }

  /// As after kill -9: what is not on the disk is gone.
  func restart() async throws {
    await watcher.stop()
    (queue, heads, watcher) = Self.parts(l1, directory, forced, chain, adjust)
    watcher.open()
  }

  /// Looks at L1 once.
  func step() async {
    try? await heads.step()
    await watcher.step()
  }

  /// Looks at L1 until nothing more is to be read.
  func catchUp(steps: Int = 40) async { for _ in 0..<steps { await step() } }

  /// Puts into blocks what waits, each request into one of its own.
  func sequence(atMost count: Int = .max) {
    var taken = 0
    while taken < count, let request = queue.transaction(UInt64(chain.count)) {
      chain.append(request.hash)
      queue.included([request], in: UInt64(chain.count), next: UInt64(chain.count))
      taken += 1
    }
  }

  /// The hashes of the requests that stand on L1.
  var onL1: [Bytes32] { get async throws { try await l1.requests.map(\.hash) } }

  /// What the watcher says, where it is not well.
  var complaint: String? {
    switch watcher.health {
    case .ready: nil
    case .degraded(let text), .notReady(let text): text
    }
  }
}
