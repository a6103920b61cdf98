import ChainStorage
import Concurrency
import Mempool
import Primitives
import Synchronization
import Transactions
import ZKsyncOS

/// Turns transactions into durable blocks.
///
/// Three threads, each with one bounded channel before it:
///
/// 1. *build* executes blocks, one after the other, without waiting for the disk;
/// 2. *commit* appends each block to the replay log, and only when it is on the device makes it visible: to readers of
///    the block store, to subscribers, and to the stages that come after the sequencer;
/// 3. *flush* writes state and blocks to their databases, which may happen any time later.
///
/// If a store fails, the sequencer stops with an error; what was visible then is durable, and what was executed and not
/// durable was never seen by anybody.
public final class Sequencer: Sendable {
  /// What the build thread goes on from.
  private struct Tip {
    var number: UInt64
    var timestamp: UInt64
    var hashes: BlockHashes
    var nextPriorityID: UInt64?
  }

  private struct Control {
    var threads: [ServiceThread] = []
    var isStopping = false
    var failure: SequencerError?
    var stages: [BoundedChannel<SealedBlock>] = []
    var subscribers: [Int: @Sendable (SealedBlock) -> Void] = [:]
    var nextSubscription = 0
    var onFailure: (@Sendable (SequencerError) -> Void)?
    var onRefusedRequest: (@Sendable (UInt64, Rejection) -> Void)?
  }

  public let storage: ChainStorage
  public let pool: Mempool
  public let options: SequencerOptions
  private let journal: any BlockJournal
  private let l1: any L1RequestSource
  private let clock: TimeSource
  private let observer: SequencerObserver?
  private let news = Signal()
  private let control = Mutex(Control())
  private let uncommitted: BoundedChannel<SealedBlock>
  /// Numbers of blocks to write to the databases.
  private let unflushed: BoundedChannel<UInt64>

  /// - Parameters:
  ///   - journal: what makes blocks durable; the replay log where it is `nil`.
  ///   - observer: is told what takes how long.
  public init(
    storage: ChainStorage, pool: Mempool, options: SequencerOptions, l1: any L1RequestSource = NoL1Requests(),
    journal: (any BlockJournal)? = nil, clock: TimeSource = .system, observer: SequencerObserver? = nil
  ) {
    self.storage = storage
    self.pool = pool
    self.options = options
    self.l1 = l1
    self.journal = journal ?? storage.log
    self.clock = clock
    self.observer = observer
    uncommitted = BoundedChannel(capacity: options.uncommittedBlocks)
    unflushed = BoundedChannel(capacity: options.unflushedBlocks)
  }

  // MARK: Before the start

  /// Gives every block to `stage` from now on, after it became visible. While the stage is full the sequencer waits, so
  /// a stage must be read until it is closed. Stages are attached before ``recover(from:)``.
  public func attach(_ stage: BoundedChannel<SealedBlock>) { control.withLock { $0.stages.append(stage) } }

  /// Calls `handler` when a store fails and the sequencer stops, on the thread where that happened.
  public func onFailure(_ handler: @escaping @Sendable (SequencerError) -> Void) {
    control.withLock { $0.onFailure = handler }
  }

  /// Calls `handler` when the block executor refuses what L1 requested. No further request is taken until the node is
  /// started again: requests cannot be skipped.
  public func onRefusedRequest(_ handler: @escaping @Sendable (_ priorityID: UInt64, Rejection) -> Void) {
    control.withLock { $0.onRefusedRequest = handler }
  }

  /// Executes again what the log has and the stores, or the attached stages, do not.
  ///
  /// - Parameter stageNumber: the last block that every attached stage has, so that they are given those after it.
  public func recover(from stageNumber: UInt64? = nil) throws(SequencerError) {
    let last = storage.log.last
    let first = min(storage.state.flushed.number, storage.blocks.flushed.number, stageNumber ?? .max) + 1
    guard first <= last else { return }
    let builder = BlockBuilder(clock: clock, observer: nil)
    let reader = storage.log.records(from: first)
    for number in first...last {
      guard let record = try storing({ () throws(StorageError) in try reader.next() }) else {
        throw .missingRecord(block: number)
      }
      let view = try storing { () throws(StorageError) in try storage.state.view(at: number - 1) }
      let block = try builder.replay(record, on: view)
      observer?(.replayed(block: number, transactions: record.transactions.count))
      try storing { () throws(StorageError) in
        if number > storage.state.latest {
          try storage.state.append(StateChange(block.output))
          try storage.state.flushNext()
        }
        if number > storage.blocks.head {
          try storage.blocks.publish(block.block)
          try storage.blocks.flushNext()
        }
      }
      for stage in control.withLock({ $0.stages }) { stage.send(block) }
    }
  }

  // MARK: Running

  /// Starts the threads. ``recover(from:)`` comes first.
  public func start() throws(SequencerError) {
    let tip = try currentTip()
    let subscription = pool.subscribe { [news] _ in news.notify() }
    let build = ServiceThread { [self] in
      runBuild(tip)
      pool.unsubscribe(subscription)
      uncommitted.close()
    }
    let commit = ServiceThread { [self] in
      runCommit()
      unflushed.close()
    }
    let flush = ServiceThread { [self] in runFlush() }
    control.withLock { $0.threads = [build, commit, flush] }
  }

  /// Seals the block being built, lets everything become durable and visible, writes it, and returns. Throws what made
  /// the sequencer stop before, if something did.
  public func stop() throws(SequencerError) {
    let threads = control.withLock { control in
      control.isStopping = true
      return control.threads
    }
    news.notify()
    for thread in threads { thread.join() }
    for stage in control.withLock({ $0.stages }) { stage.close() }
    if let failure { throw failure }
    try storing { () throws(StorageError) in
      try storage.state.sync()
      try storage.blocks.sync()
    }
  }

  /// What made the sequencer stop, if something did.
  public var failure: SequencerError? { control.withLock { $0.failure } }

  /// L1 has a new request: looks for it now rather than when the next transaction comes.
  public func wake() { news.notify() }

  // MARK: Watching

  /// Calls `handler` with every block once it is visible, in order, on the commit thread: the handler must be quick.
  public func subscribe(_ handler: @escaping @Sendable (SealedBlock) -> Void) -> Int {
    control.withLock { control in
      control.nextSubscription += 1
      control.subscribers[control.nextSubscription] = handler
      return control.nextSubscription
    }
  }

  public func unsubscribe(_ subscription: Int) { control.withLock { $0.subscribers[subscription] = nil } }

  /// The context in which a simulation on top of block `number` runs: that of the block itself, or for block 0 the one
  /// that block 1 would have.
  public func context(at number: UInt64) throws(SequencerError) -> BlockContext? {
    if let record = try storing({ () throws(StorageError) in try storage.log.record(number) }) { return record.context }
    guard number == 0, let genesis = try storing({ () throws(StorageError) in try storage.blocks.header(0) }) else {
      return nil
    }
    return options.context(number: 0, timestamp: genesis.header.timestamp, blockHashes: BlockHashes())
  }

  // MARK: Building

  private func currentTip() throws(SequencerError) -> Tip {
    let number = storage.log.last
    let hashes = storage.log.nextBlockHashes
    guard number > 0 else {
      let genesis = try storing { () throws(StorageError) in try storage.blocks.header(0) }
      return Tip(number: 0, timestamp: genesis?.header.timestamp ?? 0, hashes: hashes, nextPriorityID: 0)
    }
    guard let record = try storing({ () throws(StorageError) in try storage.log.record(number) }) else {
      throw .missingRecord(block: number)
    }
    let nextID = record.transactions.compactMap(\.priorityID).last.map { $0 + 1 }
    return Tip(
      number: number, timestamp: record.context.timestamp, hashes: hashes,
      nextPriorityID: nextID ?? record.firstPriorityID)
  }

  private var isStopping: Bool { control.withLock { $0.isStopping } }

  private func runBuild(_ start: Tip) {
    var tip = start
    let builder = BlockBuilder(clock: clock, observer: observer)
    while !isStopping {
      let generation = news.generation
      do throws(SequencerError) {
        switch try buildNext(&tip, builder) {
        case .idle: news.wait(after: generation)
        // What was refused has left the pool; there may be more behind it.
        case .nothingIncluded: continue
        case .block(let block): if !uncommitted.send(block) { return }
        }
      } catch {
        return fail(error)
      }
    }
  }

  private enum Attempt {
    /// Nothing waits.
    case idle
    /// Something waited and was refused.
    case nothingIncluded
    case block(SealedBlock)
  }

  /// Builds one block from what waits.
  private func buildNext(_ tip: inout Tip, _ builder: BlockBuilder) throws(SequencerError) -> Attempt {
    var source = LiveSource(
      pool: pool, l1: l1, limits: options.limits, clock: clock, news: news, nextPriorityID: tip.nextPriorityID,
      isStopping: { [self] in isStopping })
    guard source.hasWork else { return .idle }
    let number = tip.number + 1
    let context = options.context(
      number: number, timestamp: max(clock.unixSeconds(), tip.timestamp), blockHashes: tip.hashes)
    let view = try storing { () throws(StorageError) in try storage.state.view(at: tip.number) }
    let firstPriorityID = tip.nextPriorityID ?? 0
    let built: (output: BlockOutput, transactions: [RecoveredTransaction])?
    do throws(BlockError) { built = try builder.build(context, on: view, from: &source) } catch {
      throw .execution(block: number, error)
    }
    if let reason = source.refusedRequest, let id = tip.nextPriorityID {
      control.withLock { $0.onRefusedRequest }?(id, reason)
    }
    tip.nextPriorityID = source.nextPriorityID
    guard let built else {
      pool.abandonBlock()
      return .nothingIncluded
    }
    let block = SealedBlock(
      record: ReplayRecord(
        context: context, firstPriorityID: firstPriorityID, transactions: built.transactions,
        blockHash: built.output.blockHash),
      output: built.output, block: Block(built.output, transactions: built.transactions))
    // The state first: the pool reads accounts from it.
    try storing { () throws(StorageError) in try storage.state.append(StateChange(block.output)) }
    pool.apply(ExecutedBlock(block, baseFee: options.baseFee))
    tip.number = number
    tip.timestamp = context.timestamp
    tip.hashes = tip.hashes.appending(block.output.blockHash)
    return .block(block)
  }

  // MARK: Committing

  private func runCommit() {
    while let block = uncommitted.receive() {
      do throws(StorageError) {
        try journal.append(block.record)
        try storage.blocks.publish(block.block)
      } catch {
        return fail(.storage(error))
      }
      pool.published(block.block.transactions.map(\.hash))
      let (subscribers, stages) = control.withLock { (Array($0.subscribers.values), $0.stages) }
      for subscriber in subscribers { subscriber(block) }
      if !unflushed.send(block.number) { return }
      for stage in stages { stage.send(block) }
    }
  }

  private func runFlush() {
    while unflushed.receive() != nil {
      do throws(StorageError) {
        try storage.state.flushNext()
        try storage.blocks.flushNext()
      } catch {
        return fail(.storage(error))
      }
    }
  }

  /// Stops everything: the first error is the one that is reported.
  private func fail(_ error: SequencerError) {
    let handler = control.withLock { control -> (@Sendable (SequencerError) -> Void)? in
      guard control.failure == nil else { return nil }
      control.failure = error
      control.isStopping = true
      return control.onFailure
    }
    uncommitted.close()
    unflushed.close()
    news.notify()
    handler?(error)
  }
}
