import Chain
import ChainStorage
import Concurrency
import EVM
import Logging
import Mempool
import Primitives
import Synchronization
import Telemetry
import Transactions
import ZKsyncOS

/// Builds blocks: what L1 requested first, then what the mempool offers, and gives them to the chain.
///
/// Three threads: one executes blocks, one after the other, without waiting for the disk; one follows the chain and tells
/// the mempool which transactions readers find in blocks from now on; one makes trial runs of transactions that must not
/// take the time of a block (``TrialRunner``). While somebody for whom the chain waits is too far
/// behind, no block is begun.
public final class Sequencer: Service {
  /// What the build thread goes on from.
  private struct Tip {
    var number: UInt64
    var timestamp: UInt64
    var hashes: BlockHashes
    /// Wei per gas, of the next block.
    var baseFee: UInt256
  }

  private struct Control {
    var threads: [ServiceThread] = []
    var isStopping = false
    var failure: SequencerError?
    /// For whom block production waits just now.
    var hold: BlockStream.Hold?
    var onFailure: (@Sendable (SequencerError) -> Void)?
  }

  public let name = "sequencer"
  public let chain: Chain
  public let pool: Mempool
  public let options: SequencerOptions
  private let l1: any L1RequestSource
  /// Where somebody develops: how the chain is moved.
  private let development: DevelopmentControl?
  private let clock: TimeSource
  private let blockClock: BlockClock
  private let metrics: SequencerMetrics
  private let log = Logger(label: "sequencer")
  /// Of waits, which may begin and end with every block.
  private let holdLog: ThrottledLog
  private let news = Signal()
  private let codes = CodeCache()
  private let trials: TrialRunner
  /// Wei per gas; saturated to 64 bits.
  private let baseFee: Atomic<UInt64>
  /// Seconds since 1970, of the newest executed block.
  private let timestamp = Atomic<UInt64>(0)
  private let follower: BlockFollower
  private let control = Mutex(Control())

  public init(
    chain: Chain, pool: Mempool, options: SequencerOptions, l1: any L1RequestSource = NoL1Requests(),
    development: DevelopmentControl? = nil, clock: TimeSource = .system, registry: MetricsRegistry
  ) {
    self.chain = chain
    self.pool = pool
    self.options = options
    self.l1 = l1
    self.development = development
    self.clock = clock
    blockClock = BlockClock(clock, options.clock, log: log, registry: registry)
    metrics = SequencerMetrics(registry)
    holdLog = ThrottledLog(log)
    baseFee = Atomic(options.baseFee.saturatedUInt64)
    trials = TrialRunner(
      chain: chain, pool: pool, limits: options.limits.alone, codes: codes, metrics: metrics, log: log,
      onOutcome: { [news] in news.notify() })
    follower = chain.stream.follow("mempool", after: chain.stream.head)
    metrics.sealedBlock.set(chain.stream.head)
  }

  // MARK: Life

  /// Calls `handler` when block production fails, on the thread where that happened.
  public func onFailure(_ handler: @escaping @Sendable (SequencerError) -> Void) {
    control.withLock { $0.onFailure = handler }
  }

  /// Starts to build. The chain has been started.
  public func start() throws(SequencerError) {
    let (tip, nextPriorityID) = try currentTip()
    if let development {
      development.clock.begin(after: tip.timestamp)
      development.onNews { [news] in news.notify() }
    } else {
      blockClock.start(last: tip.timestamp)
    }
    move(to: tip)
    let subscription = pool.subscribe { [news, trials] _ in
      news.notify()
      trials.wake()
    }
    let build = ServiceThread { [self] in
      runBuild(tip, nextPriorityID)
      development?.close()
      pool.unsubscribe(subscription)
    }
    let tryOut = ServiceThread(niceness: 10) { [trials] in trials.run() }
    let follow = ServiceThread { [self] in
      while case .accepted(let number, let block)? = follower.next() { release(number, block) }
    }
    control.withLock { $0.threads = [build, follow, tryOut] }
  }

  /// Seals the block being built, gives it to the chain, and returns.
  public func stop() {
    let threads = control.withLock { control in
      control.isStopping = true
      defer { control.threads = [] }
      return control.threads
    }
    news.notify()
    trials.stop()
    chain.stream.wake()
    follower.close()
    for thread in threads { thread.join() }
  }

  /// The transactions of a block are found in the chain from now on, and need no longer be found in the pool.
  private func release(_ number: UInt64, _ block: SealedBlock?) {
    do throws(StorageError) {
      var transactions = block?.record.transactions
      if transactions == nil { transactions = try chain.storage.blocks.block(number)?.transactions }
      pool.published((transactions ?? []).map(\.hash))
    } catch {
      log.error("the mempool keeps transactions of a block", metadata: ["block": "\(number)", "error": "\(error)"])
    }
  }

  /// What made the sequencer stop, if something did.
  public var failure: SequencerError? { control.withLock { $0.failure } }

  public var health: Health {
    let (failure, hold) = control.withLock { ($0.failure, $0.hold) }
    if let failure { return .notReady("\(failure)") }
    if let fault = blockClock.fault { return .notReady("\(fault)") }
    return hold.map { .degraded("block production waits for \($0.name), which is at block \($0.position)") } ?? .ready
  }

  public var lag: Lag? {
    let head = chain.stream.head
    return Lag(position: head, target: head, waitingFor: control.withLock { $0.hold?.name })
  }

  /// The one step without which a chain stands still.
  public var stages: [Stage] {
    let head = chain.stream.head
    let (failure, hold) = control.withLock { ($0.failure, $0.hold) }
    let reason =
      failure.map { "\($0)" } ?? blockClock.fault.map { "\($0)" } ?? hold?.name
    return [Stage("production", Lag(position: head, target: head, waitingFor: reason))]
  }

  /// L1 has a new request: looks for it now rather than when the next transaction comes.
  public func wake() { news.notify() }

  /// Wei per gas of the next block.
  public var nextBaseFee: UInt64 { baseFee.load(ordering: .relaxed) }

  /// Seconds since 1970, of the newest executed block.
  public var tipTimestamp: UInt64 { timestamp.load(ordering: .relaxed) }

  /// Makes blocks that whoever develops wants, and waits until readers see them; the number of the last.
  ///
  /// - Parameter isCancelled: ends the wait, and whatever is not made yet.
  public func make(_ order: BlockOrder, unless isCancelled: () -> Bool) throws(OrderError) -> UInt64 {
    guard let development else { throw .stopped }
    let number = try development.perform(order, unless: isCancelled)
    guard chain.stream.follow("development", after: number - 1).next() != nil else { throw .stopped }
    return number
  }

  // MARK: Building

  private func currentTip() throws(SequencerError) -> (Tip, nextPriorityID: UInt64) {
    let storage = chain.storage
    let number = storage.log.last
    let hashes = storage.log.nextBlockHashes
    guard number > 0 else {
      let genesis = try storing { () throws(StorageError) in try storage.blocks.header(0) }
      let time = genesis?.header.timestamp ?? 0
      return (Tip(number: 0, timestamp: time, hashes: hashes, baseFee: options.baseFee), nextPriorityID: 0)
    }
    guard let record = try storing({ () throws(StorageError) in try storage.log.record(number) }) else {
      throw .missingRecord(block: number)
    }
    let nextID = record.nextPriorityID
    var gasUsed: UInt64 = 0
    if options.feeModel != .fixed {
      let block = try storing { () throws(StorageError) in try storage.blocks.block(number) }
      gasUsed = block?.receipts.reduce(0) { $0 + $1.receipt.gasUsed } ?? 0
    }
    let tip = Tip(
      number: number, timestamp: record.context.timestamp, hashes: hashes,
      baseFee: options.feeModel.next(after: record.context.baseFee, gasUsed: gasUsed, floor: options.baseFee))
    return (tip, nextPriorityID: nextID)
  }

  /// What comes next begins on this tip: trial runs, and the prices that clients see.
  private func move(to tip: Tip) {
    baseFee.store(tip.baseFee.saturatedUInt64, ordering: .relaxed)
    timestamp.store(tip.timestamp, ordering: .relaxed)
    let context = options.context(
      number: tip.number + 1, timestamp: tip.timestamp, blockHashes: tip.hashes, baseFee: tip.baseFee)
    trials.move(to: TrialRunner.Base(number: tip.number, context: context))
  }

  private var isStopping: Bool { control.withLock { $0.isStopping } }

  private func runBuild(_ start: Tip, _ nextPriorityID: UInt64) {
    var tip = start
    let limits = options.limits
    var memory = LiveSource.Memory(
      unpaid: UnpaidTime(
        capacity: limits.unpaidTime, period: limits.blockTime, now: clock.monotonicNanoseconds()),
      nextPriorityID: nextPriorityID)
    let builder = BlockBuilder(engine: ExecutionEngine(codes: codes), metrics: metrics)
    while !isStopping {
      let generation = news.generation
      do throws(SequencerError) {
        switch try buildNext(&tip, &memory, builder) {
        case .idle(let until): news.wait(after: generation, until: until)
        // The clock tells nobody when it is set right.
        case .untimely: news.wait(after: generation, until: clock.monotonicNanoseconds() + 200_000_000)
        // What was refused has left the pool; there may be more behind it.
        case .nothingIncluded, .block: continue
        case .ended: return
        }
      } catch {
        return fail(error)
      }
    }
  }

  /// Waits while those for whom the chain waits are too far behind; false where there is nothing more to build.
  private func waitForFollowers(before number: UInt64) -> Bool {
    var holder: String?
    let mayGoOn = chain.stream.waitForRoom(for: number, unless: { [self] in isStopping }) { hold in
      holder = hold.name
      control.withLock { $0.hold = hold }
      metrics.heldBack.begin(hold.name)
      holdLog.warning(
        "block production waits for \(hold.name)", reason: "\(hold.name) is behind",
        metadata: ["block": "\(number)", "position": "\(hold.position)"])
    }
    guard let holder else { return mayGoOn }
    control.withLock { $0.hold = nil }
    metrics.heldBack.end()
    if mayGoOn {
      holdLog.info(
        "block production goes on", reason: "\(holder) has caught up", metadata: ["block": "\(number)"])
    }
    return mayGoOn
  }

  private enum Attempt {
    /// Nothing waits that could be executed before that moment of the monotonic clock.
    case idle(until: UInt64?)
    /// The clock is not to be trusted.
    case untimely
    /// Something waited and was refused.
    case nothingIncluded
    case block
    /// There is nothing more to build: the sequencer or the chain is stopping.
    case ended
  }

  /// Builds one block from what waits.
  private func buildNext(
    _ tip: inout Tip, _ memory: inout LiveSource.Memory, _ builder: BlockBuilder
  ) throws(SequencerError) -> Attempt {
    let task = development?.next(at: clock.monotonicNanoseconds()) ?? .live
    var source = LiveSource(
      pool: pool, l1: l1, limits: options.limits, clock: clock, news: news, metrics: metrics, memory: memory,
      ordered: task.content, wakeTrials: { [trials] in trials.wake() }, isStopping: { [self] in isStopping })
    switch task {
    case .live: guard source.hasWork() else { return .idle(until: source.wakeTime) }
    case .ordered(_, let order): if order.awaitsRequest, !source.hasRequest { return .idle(until: nil) }
    case .timed: break
    case .pause(_, let body):
      let result = Result { () throws(OrderError) in try body() }
      if chain.storage.state.latest < tip.number { try goBack(&tip, &memory) }
      development?.ended(task, result)
      return .nothingIncluded
    case .none(let until): return .idle(until: until)
    }
    let number = tip.number + 1
    guard waitForFollowers(before: number) else { return .ended }
    var watch = Stopwatch()
    if case .ordered(_, let order) = task, order.isContinued, let spacing = order.spacing {
      development?.clock.setNext(tip.timestamp + min(spacing, MovableClock.latest))
    }
    guard
      let timestamp = development?.clock.timestamp(after: tip.timestamp) ?? blockClock.timestamp(after: tip.timestamp)
    else { return .untimely }
    let context = options.context(
      number: number, timestamp: timestamp, blockHashes: tip.hashes, baseFee: tip.baseFee)
    let view = try storing { () throws(StorageError) in try chain.storage.state.view(at: tip.number) }
    let firstPriorityID = memory.nextPriorityID
    let built: (output: BlockOutput, transactions: [RecoveredTransaction], totals: BlockTotals)?
    do throws(BlockError) {
      built = try builder.build(context, on: view, allowsEmpty: task.allowsEmpty, from: &source)
    } catch {
      throw .execution(block: number, error)
    }
    if let (request, reason) = source.refusedRequest {
      // Requests cannot be skipped: no further one is taken unless L1 has another in its place.
      log.critical(
        "an L1 request can be in no block",
        metadata: ["priorityID": "\(source.memory.nextPriorityID)", "hash": "\(request.hash)", "reason": "\(reason)"])
      l1.refused(request, reason: reason)
    }
    memory = source.memory
    if let reason = source.orderRefusal {
      log.warning("what was ordered is not in the block", metadata: ["block": "\(number)", "reason": "\(reason)"])
    }
    guard let built else {
      pool.abandonBlock()
      development?.ended(task, .failure(.refused(source.orderRefusal ?? "nothing can be in the block")))
      return .nothingIncluded
    }
    let block = SealedBlock(
      record: ReplayRecord(
        context: context, firstPriorityID: firstPriorityID, transactions: built.transactions,
        blockHash: built.output.blockHash, outputHash: built.output.outputHash),
      output: built.output)
    // The state first: the pool reads accounts from it.
    do throws(ChainError) { try chain.accept(block) } catch { throw .chain(error) }
    tip = Tip(
      number: number, timestamp: context.timestamp, hashes: tip.hashes.appending(block.output.blockHash),
      baseFee: options.feeModel.next(
        after: context.baseFee, gasUsed: built.totals.gasUsed, floor: options.baseFee))
    if memory.nextPriorityID != firstPriorityID {
      l1.included(
        built.transactions.filter { $0.priorityID != nil }, in: number, next: memory.nextPriorityID)
    }
    pool.apply(ExecutedBlock(block, baseFee: tip.baseFee))
    move(to: tip)
    development?.clock.made(at: context.timestamp)
    development?.ended(task, source.orderRefusal.map { .failure(.refused($0)) } ?? .success(number))
    metrics.sealed(
      number, source.sealReason, gas: built.totals.gasUsed, pubdata: built.output.pubdata.count,
      at: clock.unixSeconds())
    log.info(
      "block",
      metadata: [
        "number": "\(number)", "transactions": "\(built.transactions.count)", "gas": "\(built.totals.gasUsed)",
        "pubdata": "\(built.output.pubdata.count)", "sealed": "\(source.sealReason.name)",
        "milliseconds": "\(watch.lap() / 1_000_000)",
      ])
    metrics.executedTransactions.increment(by: UInt64(built.transactions.count))
    metrics.storageWritesPerBlock.observe(Double(built.output.storageWrites.count))
    return .block
  }

  /// The newest blocks were taken back: goes on from where the chain is now.
  private func goBack(_ tip: inout Tip, _ memory: inout LiveSource.Memory) throws(SequencerError) {
    (tip, memory.nextPriorityID) = try currentTip()
    memory.refused = nil
    move(to: tip)
    metrics.sealedBlock.set(tip.number)
    do throws(MempoolError) { try pool.rewind(baseFee: tip.baseFee) } catch {
      log.error("the mempool keeps accounts of blocks that are no more", metadata: ["error": "\(error)"])
    }
  }

  private func fail(_ error: SequencerError) {
    let handler = control.withLock { control in
      control.failure = error
      return control.onFailure
    }
    log.critical("block production stopped", metadata: ["error": "\(error)"])
    handler?(error)
  }
}
