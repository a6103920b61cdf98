import ChainStorage
import Concurrency
import Mempool
import Primitives
import Sequencer
import StorageTesting
import Synchronization
import Testing
import Transactions
import ZKsyncOS

/// A journal that tests stop, fail or look at, in front of the real one.
final class TestJournal: BlockJournal {
  struct State {
    var failing: StorageError?
    var isHeld = false
    var beforeAppend: (@Sendable (ReplayRecord) -> Void)?
  }

  let state = Mutex(State())
  private let log: ReplayLog

  init(_ log: ReplayLog) { self.log = log }

  func append(_ record: ReplayRecord) throws(StorageError) {
    while state.withLock({ $0.isHeld }) { pause() }
    let (failing, hook) = state.withLock { ($0.failing, $0.beforeAppend) }
    hook?(record)
    if let failing { throw failing }
    try log.append(record)
  }
}

/// A sequencer over a directory, with a wall clock that the test moves.
final class Harness: Sendable {
  let storage: ChainStorage
  let pool: Mempool
  let journal: TestJournal
  let sequencer: Sequencer
  let unixTime: UnixTime

  final class UnixTime: Sendable {
    let seconds = Atomic<UInt64>(1_000)
  }

  init(
    _ directory: TemporaryDirectory, l1: any L1RequestSource = NoL1Requests(),
    _ change: (inout SequencerOptions) -> Void = { _ in },
    observer: SequencerObserver? = nil
  ) throws {
    storage = try TestChain.open(directory.path)
    pool = Mempool(options: MempoolOptions(chainID: 270), accounts: StateAccounts(storage.state)) { 0 }
    journal = TestJournal(storage.log)
    var options = SequencerOptions(chainID: 270)
    options.limits.blockTime = 20_000_000
    change(&options)
    let unixTime = UnixTime()
    self.unixTime = unixTime
    let clock = TimeSource(
      unixSeconds: { unixTime.seconds.load(ordering: .relaxed) },
      monotonicNanoseconds: TimeSource.system.monotonicNanoseconds)
    sequencer = Sequencer(
      storage: storage, pool: pool, options: options, l1: l1, journal: journal, clock: clock, observer: observer)
  }

  func start() throws {
    try sequencer.recover()
    try sequencer.start()
  }

  func send(_ transactions: [RecoveredTransaction]) throws { for one in transactions { try pool.add(one) } }

  /// Waits up to twenty seconds for the transaction to be visible.
  func block(with hash: Bytes32) throws -> Block {
    for _ in 0..<20_000 {
      if let location = try storage.blocks.location(of: hash) {
        return try #require(try storage.blocks.block(location.block))
      }
      pause()
    }
    throw TimedOut()
  }

  struct TimedOut: Error {}

  func balance(_ address: Address, at number: UInt64) throws -> UInt256 {
    try storage.state.view(at: number).account(address).balance
  }
}

/// Transfers of one wei from one sender, with consecutive nonces.
func transfers(_ count: UInt64, from sender: UInt64 = 0, nonce: UInt64 = 0) -> [RecoveredTransaction] {
  (0..<count).map { TestChain.transfer(from: TestChain.sender(sender), nonce: nonce + $0) }
}
