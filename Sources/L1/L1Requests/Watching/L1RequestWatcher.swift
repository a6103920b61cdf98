import Concurrency
import L1Client
import Logging
import Primitives
import Synchronization
import Telemetry

/// Reads the requests that L1 makes of the chain, in the order of their ids, none twice and none left out, and puts them
/// into the queue of the sequencer.
///
/// What L1 says is checked: ids without gaps, as many as the contract counts, hashes computed again, blocks that stand on
/// the way that ``L1Heads`` sees. Whatever fails is tried again; nothing of it stops the chain.
public final class L1RequestWatcher: Service {
  public struct Options: Sendable {
    public var key: L1Chain.Key
    /// Blocks of L1 that must follow the one with a request before it is taken.
    public var confirmations: UInt64 = 0
    /// Blocks that are asked for at once.
    public var blocksPerCall: UInt64 = 100
    public var interval = Duration.milliseconds(100)
    /// Time between two attempts to find L1.
    public var retryInterval = Duration.seconds(5)
    /// Requests, and their bytes, that may wait for a block; no more are read until some are in one.
    public var waiting = 10_000
    public var waitingBytes = 64 << 20
    /// Whether somebody said where L1 is: if not, it need not be there.
    public var isExpected = true
    /// The folder of the queue.
    public var path: String

    public init(key: L1Chain.Key, path: String) {
      self.key = key
      self.path = path
    }
  }

  /// What a step knows from the steps before. Only steps touch it.
  struct Progress {
    var chain: L1Chain?
    var store: RequestStore?
    /// Of the view of L1 that the position belongs to.
    var generation: UInt64 = 0
    /// The block of L1 that is read next; `nil` where it has to be found.
    var cursor: UInt64?
    /// Blocks to ask for, fewer where L1 refuses more.
    var span: UInt64
    /// As the disk has it.
    var conflict: RequestStore.Conflict?
    /// How far reading is that takes several steps, and where it began.
    var scan: (first: UInt64, line: ProgressLog)?
    var failures = 0
    /// Times in a row that L1 counted fewer requests than before.
    var fewer = 0
  }

  /// What an operator is told.
  struct Report {
    var problem: L1RequestError?
    var wasConnected = false
    /// Requests that are in blocks and not on L1 any more.
    var missing: Range<UInt64>?
    var hasForeignFirst = false
  }

  public let name = "l1_requests"
  let client: L1Client
  let heads: L1Heads
  let queue: L1RequestQueue
  let options: Options
  let metrics: L1RequestMetrics
  let log: Logger
  private let throttled: ThrottledLog
  /// The block with a transaction.
  let blockOf: @Sendable (Bytes32) -> UInt64?
  let onNews: @Sendable () -> Void
  /// Steps are made one after the other.
  let progress: Mutex<Progress>
  let report = Mutex(Report())
  private let loop = Mutex<StepLoop?>(nil)

  /// - Parameters:
  ///   - blockOf: the block of the chain with a transaction, by its hash; `nil` where there is none.
  ///   - onNews: called when there are requests to take.
  public init(
    _ client: L1Client, heads: L1Heads, queue: L1RequestQueue, options: Options, metrics: L1RequestMetrics,
    log: Logger, time: TimeSource = .system, blockOf: @escaping @Sendable (Bytes32) -> UInt64?,
    onNews: @escaping @Sendable () -> Void
  ) {
    self.client = client
    self.heads = heads
    self.queue = queue
    self.options = options
    self.metrics = metrics
    self.log = log
    self.blockOf = blockOf
    self.onNews = onNews
    throttled = ThrottledLog(log, interval: .seconds(30), clock: time)
    progress = Mutex(Progress(span: max(1, options.blocksPerCall)))
  }

  // MARK: Service

  public func start() async throws {
    open()
    let loop = StepLoop { [weak self] in await self?.step() ?? .seconds(1) }
    self.loop.withLock { $0 = loop }
    loop.start()
  }

  /// Makes what was read before available, whether L1 is there or not. ``start()`` does it, too.
  package func open() {
    queue.onRefusal { [weak self] in self?.keep($0) }
    do throws(RequestStoreError) { try openIfThere() } catch { note(.store(error)) }
  }

  /// Writes a copy of the queue into the folder `path`, which does not exist; nothing where there is no queue yet.
  public func checkpoint(to path: String) throws(RequestStoreError) {
    try progress.withLock { $0.store }?.checkpoint(to: path)
  }

  public func stop() async {
    await loop.withLock { $0.take() }?.stop()
    progress.withLock { $0.store = nil }
  }

  public var health: Health {
    let report = report.withLock { $0 }
    let (refusal, conflict) = queue.state.withLock { ($0.refusal, $0.conflict) }
    if let refusal {
      return .degraded(
        "request \(refusal.id) of L1 (\(refusal.hash)) can be in no block: \(refusal.reason). Neither it nor any later "
          + "request is taken; blocks are made without them")
    }
    if let conflict {
      return .degraded(
        "L1 reorganised below request \(conflict.id), which is already in "
          + "\(conflict.block.map { "block \($0)" } ?? "a block"): L1 has another request under that id now, and batches from there on cannot be executed"
      )
    }
    if let missing = report.missing {
      return .degraded(
        "requests \(missing.lowerBound) to \(missing.upperBound &- 1) are in blocks and not on L1 any more, which was "
          + "reorganised: they are expected to come back")
    }
    if report.hasForeignFirst {
      return .degraded(
        "request 0 of L1 is not the deposit that this chain begins with: batches can be committed and never executed. A new "
          + "chain takes it from L1 with l1_forced_deposit=false")
    }
    guard let problem = report.problem, problem.kind != nil else { return .ready }
    if !options.isExpected, !report.wasConnected, case .discovery(let error) = problem, error.isAbsence {
      return .ready
    }
    return .degraded(problem.description)
  }

  // MARK: Steps

  /// Looks once; answers when to look again. One at a time.
  @discardableResult
  public func step() async -> Duration {
    var progress = progress.withLock { $0 }
    let pause: Duration
    do throws(L1RequestError) {
      let hasMore = try await advance(&progress)
      progress.failures = 0
      progress.fewer = 0
      report.withLock {
        $0.problem = nil
        $0.wasConnected = true
      }
      pause = hasMore ? .zero : options.interval
    } catch {
      pause = noted(error, &progress)
    }
    let result = progress
    self.progress.withLock { $0 = result }
    show(result)
    return pause
  }

  private func noted(_ error: L1RequestError, _ progress: inout Progress) -> Duration {
    note(error)
    if case .fewer = error { progress.fewer += 1 } else { progress.fewer = 0 }
    if case .noHead = error { return options.interval }
    progress.failures = min(progress.failures + 1, 16)
    if progress.chain == nil { return options.retryInterval }
    // Twice as long each time, up to what is waited for an L1 that is not there.
    return min(options.retryInterval, options.interval * (1 << progress.failures))
  }

  private func note(_ error: L1RequestError) {
    let (isFirst, wasConnected) = report.withLock { report in
      defer { report.problem = error }
      return (report.problem == nil, report.wasConnected)
    }
    if let kind = error.kind { metrics.failed(kind) } else { return }
    if case .discovery(let reason) = error, !wasConnected {
      guard isFirst else { return }
      let message: Logger.Message = "failed to start L1 watcher; proceeding without it"
      let metadata: Logger.Metadata = ["reason": "\(reason)"]
      if options.isExpected || !reason.isAbsence {
        log.warning(message, metadata: metadata)
      } else {
        log.info(message, metadata: metadata)
      }
      return
    }
    throttled.error("requests are not read from L1", reason: "\(error)")
  }

  private func show(_ progress: Progress) {
    let (seen, waiting, bytes) = queue.state.withLock { ($0.seen, $0.waiting.count, $0.waitingBytes) }
    metrics.nextID.set(seen)
    metrics.waiting.set(UInt64(waiting))
    metrics.waitingBytes.set(UInt64(bytes))
    let isHalted = queue.state.withLock { $0.refusal != nil || $0.conflict != nil }
    metrics.isHalted.set(isHalted ? 1 : 0)
    guard let head = heads.view?.head.number, let cursor = progress.cursor else { return }
    metrics.block.set(cursor &- min(cursor, 1))
    metrics.lag.set(head &+ 1 &- min(head &+ 1, cursor))
  }

  /// A request can be in no block: that is remembered over restarts, as it would be found again each time.
  private func keep(_ refusal: RequestStore.Refusal) {
    metrics.isHalted.set(1)
    let store = progress.withLock { $0.store }
    do throws(RequestStoreError) {
      var change = RequestStore.Change()
      change.refusal = .some(refusal)
      try store?.apply(change, sync: true)
    } catch { note(.store(error)) }
  }
}
