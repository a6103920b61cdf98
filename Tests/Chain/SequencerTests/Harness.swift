import Chain
import ChainStorage
import ChainTesting
import Concurrency
import Mempool
import Primitives
import Sequencer
import StorageTesting
import Synchronization
import Testing
import Transactions
import ZKsyncOS

/// A sequencer over a chain in a directory, with a wall clock that the test moves.
final class Harness: Sendable {
  let chain: ChainHarness
  let pool: Mempool
  let sequencer: Sequencer
  let unixTime: UnixTime

  var storage: ChainStorage { chain.storage }

  final class UnixTime: Sendable {
    let seconds = Atomic<UInt64>(1_000)
  }

  init(
    _ directory: TemporaryDirectory, l1: any L1RequestSource = NoL1Requests(),
    _ change: (inout SequencerOptions) -> Void = { _ in }
  ) throws {
    chain = try ChainHarness(directory)
    pool = Mempool(options: MempoolOptions(chainID: 270), accounts: StateAccounts(chain.storage.state)) {
      MonotonicClock.nanoseconds / 1_000_000
    }
    var options = SequencerOptions(chainID: 270)
    options.limits.blockTime = 20_000_000
    // Tests move the clock as they like; those that are about its bounds set their own.
    options.clock.acceptedThrough = 10_000
    change(&options)
    let unixTime = UnixTime()
    self.unixTime = unixTime
    let clock = TimeSource(
      unixSeconds: { unixTime.seconds.load(ordering: .relaxed) },
      monotonicNanoseconds: TimeSource.system.monotonicNanoseconds)
    sequencer = Sequencer(
      chain: chain.chain, pool: pool, options: options, l1: l1, clock: clock, registry: chain.registry)
  }

  func start() throws {
    try chain.chain.start()
    try sequencer.start()
  }

  func stop() {
    sequencer.stop()
    chain.chain.stop()
  }

  func send(_ transactions: [RecoveredTransaction]) throws { for one in transactions { try pool.add(one) } }

  /// Waits up to twenty seconds for the transaction to be visible.
  func block(with hash: Bytes32) throws -> Block {
    for _ in 0..<20_000 {
      if let location = try storage.blocks.location(of: hash) {
        return try #require(try storage.blocks.block(location.block))
      }
      shortPause()
    }
    throw ChainHarness.TimedOut()
  }
}

/// Requests given in advance, the first with id 0.
struct FixedL1Requests: L1RequestSource {
  private let transactions: [RecoveredTransaction]

  init(_ transactions: [RecoveredTransaction]) { self.transactions = transactions }

  func transaction(_ priorityID: UInt64) -> RecoveredTransaction? {
    priorityID < UInt64(transactions.count) ? transactions[Int(priorityID)] : nil
  }
}
