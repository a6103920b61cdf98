import ChainStorage
import Concurrency
import Glibc
import Logging
import Synchronization
import Telemetry
import ZKsyncOS

/// The heart of the node: takes sealed blocks from whoever has them, makes each durable, then visible, and then tells
/// everybody.
///
/// ```
/// accept ─► state (memory) ─► commit thread: journal ─► block store ─► stream of events
///                                                          └─► flush thread: databases of state and blocks
/// ```
///
/// A block's state can be read as soon as ``accept(_:)`` has it, so that the next block can be executed on top of it while
/// the disk works. Nobody else sees anything of the block before its record is in the journal. The databases are written
/// any time later: what they lack after a crash is made again from the journal, in ``recover()``.
///
/// If a store fails, the chain stops with an error; what was visible then is durable, and what was executed and not
/// durable was never seen by anybody.
public final class Chain: Service {
  public struct Options: Sendable {
    /// Blocks that may be executed and not yet durable.
    public var uncommittedBlocks = 4
    /// Blocks that may be visible and not yet written to the databases.
    public var unflushedBlocks = 16

    public init() {}
  }

  private struct Control {
    var threads: [ServiceThread] = []
    var failure: ChainError?
    var onFailure: (@Sendable (ChainError) -> Void)?
  }

  public let name = "chain"
  public let storage: ChainStorage
  /// What happens to the chain, for all who follow it.
  public let stream: BlockStream
  private let journal: any Journal
  private let metrics: ChainMetrics
  private let log = Logger(label: "chain")
  private let control = Mutex(Control())
  private let progress = Mutex<Recovery?>(nil)
  private let uncommitted: BoundedChannel<SealedBlock>
  /// Numbers of blocks to write to the databases.
  private let unflushed: BoundedChannel<UInt64>

  /// - Parameters:
  ///   - journal: what makes blocks durable; the replay log where it is `nil`.
  ///   - registry: where the chain's metrics are shown.
  public init(
    storage: ChainStorage, journal: (any Journal)? = nil, options: Options = Options(), registry: MetricsRegistry
  ) {
    self.storage = storage
    self.journal = journal ?? storage.log
    stream = BlockStream(head: storage.log.last)
    metrics = ChainMetrics(registry)
    uncommitted = BoundedChannel(capacity: options.uncommittedBlocks)
    unflushed = BoundedChannel(capacity: options.unflushedBlocks)
    metrics.executed.set(storage.blocks.head)
  }

  // MARK: Life

  /// Calls `handler` when a store fails and the chain stops, on the thread where that happened.
  public func onFailure(_ handler: @escaping @Sendable (ChainError) -> Void) {
    control.withLock { $0.onFailure = handler }
  }

  /// Executes again what the journal has and the databases do not.
  public func recover() throws(ChainError) {
    let last = storage.log.last
    let first = min(storage.state.flushed.number, storage.blocks.flushed.number) + 1
    guard first <= last else { return }
    log.info("catching up with the replay log", metadata: ["blocks": "\(last - first + 1)"])
    progress.withLock {
      $0 = Recovery(from: first - 1, block: first - 1, of: last, began: MonotonicClock.nanoseconds)
    }
    var line = ProgressLog(log, "catching up with the replay log", unit: "blocks", total: last - first + 1)
    let replay = BlockReplay()
    let reader = storage.log.records(from: first)
    for number in first...last {
      guard let record = try storing({ () throws(StorageError) in try reader.next() }) else {
        throw .missingRecord(block: number)
      }
      let view = try storing { () throws(StorageError) in try storage.state.view(at: number - 1) }
      let block: SealedBlock
      do throws(ReplayError) { block = SealedBlock(record: record, output: try replay.run(record, on: view)) } catch {
        throw .replay(error)
      }
      try storing { () throws(StorageError) in
        if number > storage.state.latest {
          try storage.state.append(StateChange(block.output))
          try storage.state.flushNext()
        }
        if number > storage.blocks.head {
          try storage.blocks.publish(Block(block))
          try storage.blocks.flushNext()
        }
      }
      metrics.replayedTransactions.increment(by: UInt64(record.transactions.count))
      line.advance(to: number - first + 1)
      // Blocks that only the state lacks have been visible all the time.
      metrics.executed.set(storage.blocks.head)
      progress.withLock { $0?.block = number }
    }
    line.finish()
  }

  /// Recovers, and takes blocks from then on.
  public func start() throws(ChainError) {
    try recover()
    let commit = ServiceThread { [self] in
      runCommit()
      unflushed.close()
      stream.close()
    }
    let flush = ServiceThread { [self] in runFlush() }
    control.withLock { $0.threads = [commit, flush] }
  }

  /// Lets what was accepted become durable and visible, writes it, and ends the stream.
  public func stop() {
    uncommitted.close()
    let threads = control.withLock { control in
      defer { control.threads = [] }
      return control.threads
    }
    for thread in threads { thread.join() }
    guard failure == nil else { return }
    do throws(StorageError) {
      try storage.state.sync()
      try storage.blocks.sync()
    } catch {
      // Nothing is lost: the journal has it all.
      log.error("the databases are left to the replay log", metadata: ["error": "\(error)"])
    }
  }

  /// What made the chain stop, if something did.
  public var failure: ChainError? { control.withLock { $0.failure } }

  public var health: Health { failure.map { .notReady("\($0)") } ?? .ready }

  public var lag: Lag? { Lag(position: storage.blocks.flushed.number, target: storage.blocks.head) }

  public var stages: [Stage] {
    [Stage("storage", Lag(position: storage.blocks.flushed.number, target: storage.blocks.head))]
  }

  public var recovery: Recovery? { progress.withLock { $0 } }

  /// Whether the databases lack blocks of the journal, which ``start()`` makes again.
  public var needsRecovery: Bool {
    min(storage.state.flushed.number, storage.blocks.flushed.number) < storage.log.last
  }

  // MARK: Accepting

  /// Takes the next block, wherever it comes from: built here, or followed from elsewhere. Returns once the block's state
  /// can be read; the block becomes durable and visible soon after, in order. Waits while too many blocks are on their way
  /// there. One thread at a time.
  public func accept(_ block: SealedBlock) throws(ChainError) {
    if let failure { throw failure }
    try storing { () throws(StorageError) in try storage.state.append(StateChange(block.output)) }
    guard uncommitted.send(block) else { throw failure ?? .stopped }
  }

  /// Takes back every block after `number`, on a chain that somebody develops on: the stores, and the stream of events with
  /// all who follow it, are where they were after that block. Called by whoever accepts blocks.
  public func rewind(to number: UInt64) throws(ChainError) {
    // What was accepted is on its way to the disk.
    while storage.state.pendingCount > 0 || storage.blocks.flushed.number < storage.state.latest {
      if let failure { throw failure }
      usleep(500)
    }
    try storing { () throws(StorageError) in try storage.truncate(to: number) }
    metrics.executed.set(number)
    stream.rewind(to: number)
  }

  private func runCommit() {
    // What came while the disk was busy becomes durable at once.
    while let blocks = uncommitted.waitForAll() {
      do throws(StorageError) { try journal.append(blocks.map(\.record)) } catch { return fail(.storage(error)) }
      uncommitted.remove(blocks.count)
      for block in blocks {
        do throws(StorageError) { try storage.blocks.publish(Block(block)) } catch { return fail(.storage(error)) }
        metrics.executed.set(block.number)
        stream.publish(block)
        log.debug("a block is durable and visible", metadata: ["block": "\(block.number)"])
        if !unflushed.send(block.number) { return }
      }
    }
  }

  private func runFlush() {
    while unflushed.receive() != nil {
      do throws(StorageError) {
        try storage.state.flushNext()
        try storage.blocks.flushNext()
        // Where an earlier version has written blocks.
        try storage.blocks.indexOlderLogs(atMost: 16)
      } catch {
        return fail(.storage(error))
      }
    }
  }

  /// Stops everything: the first error is the one that is reported.
  private func fail(_ error: ChainError) {
    let (isFirst, handler) = control.withLock { control -> (Bool, (@Sendable (ChainError) -> Void)?) in
      guard control.failure == nil else { return (false, nil) }
      control.failure = error
      return (true, control.onFailure)
    }
    uncommitted.close()
    unflushed.close()
    stream.close()
    guard isFirst else { return }
    log.critical("the chain has stopped", metadata: ["error": "\(error)"])
    handler?(error)
  }
}
