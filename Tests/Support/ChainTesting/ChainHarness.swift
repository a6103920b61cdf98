import Chain
import ChainStorage
import Glibc
import Primitives
import StorageTesting
import Synchronization
import Telemetry
import Transactions
import ZKsyncOS

/// A journal that tests stop, fail or look at, in front of the real one.
package final class TestJournal: Journal {
  package struct State {
    package var failing: StorageError?
    package var isHeld = false
    package var beforeAppend: (@Sendable ([ReplayRecord]) -> Void)?
  }

  package let state = Mutex(State())
  private let log: ReplayLog

  init(_ log: ReplayLog) { self.log = log }

  package func append(_ records: [ReplayRecord]) throws(StorageError) {
    while state.withLock({ $0.isHeld }) { shortPause() }
    let (failing, hook) = state.withLock { ($0.failing, $0.beforeAppend) }
    hook?(records)
    if let failing { throw failing }
    try log.append(records)
  }
}

/// A chain over a directory, and blocks for it.
package final class ChainHarness: Sendable {
  package let storage: ChainStorage
  package let journal: TestJournal
  package let chain: Chain
  package let registry = MetricsRegistry()
  private let hashes: Mutex<BlockHashes>

  package struct TimedOut: Error {
    package init() {}
  }
  struct Refused: Error {}

  package init(
    _ directory: TemporaryDirectory, _ change: (inout Chain.Options) -> Void = { _ in }
  ) throws {
    storage = try TestChain.open(directory.path)
    journal = TestJournal(storage.log)
    var options = Chain.Options()
    change(&options)
    chain = Chain(storage: storage, journal: journal, options: options, registry: registry)
    hashes = Mutex(storage.log.nextBlockHashes)
  }

  /// Executes `transactions` on top of the newest executed block.
  package func seal(_ transactions: [RecoveredTransaction]) throws -> SealedBlock {
    let number = storage.state.latest + 1
    let context = BlockContext(
      chainID: 270, number: number, timestamp: 1_000 + number, blockHashes: hashes.withLock { $0 }, baseFee: 1_000,
      coinbase: .zero)
    var executor = try BlockExecutor(context: context, state: try storage.state.view(at: number - 1))
    for transaction in transactions {
      guard case .included = try executor.execute(transaction) else { throw Refused() }
    }
    let output = try executor.seal()
    hashes.withLock { $0 = $0.appending(output.blockHash) }
    return SealedBlock(
      record: ReplayRecord(
        context: context, firstPriorityID: 0, transactions: transactions, blockHash: output.blockHash,
        outputHash: output.outputHash), output: output)
  }

  /// Seals and accepts `count` blocks of one transfer each, the first with this nonce.
  package func extend(_ count: UInt64, nonce: UInt64 = 0) throws {
    for index in 0..<count { try chain.accept(try seal(transfers(1, nonce: nonce + index))) }
  }

  /// Waits up to twenty seconds for a block to be visible.
  package func wait(for number: UInt64) throws {
    for _ in 0..<20_000 {
      if storage.blocks.head >= number { return }
      shortPause()
    }
    throw TimedOut()
  }

  package func balance(_ address: Address, at number: UInt64) throws -> UInt256 {
    try storage.state.view(at: number).account(address).balance
  }
}

/// Transfers of one wei from one sender, with consecutive nonces.
package func transfers(_ count: UInt64, from sender: UInt64 = 0, nonce: UInt64 = 0) -> [RecoveredTransaction] {
  (0..<count).map { TestChain.transfer(from: TestChain.sender(sender), nonce: nonce + $0) }
}

/// A millisecond.
package func shortPause() { usleep(1_000) }
