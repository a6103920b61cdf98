import Batches
import Concurrency
import L1Client
import Logging
import Primitives
import Synchronization
import Telemetry

/// The part of the node that settles its batches on L1.
///
/// It runs a ``Settler`` on a task of its own, and wakes it when there is a new batch or proof. L1 that is away, slow or
/// wrong stops this part only; ``health`` says why.
public final class L1Sender: Service {
  public let name = "l1_sender"
  public let finality: Finality
  private let settler: Settler
  private let source: any BatchSource
  private let status: SettlerStatus
  private let log: Logger
  /// Told after each look at L1: up to which block nobody need wait for L1; `nil` where L1 is not to be waited for at all.
  private let settled: @Sendable (UInt64?) -> Void
  private let state = Mutex(Running())

  private struct Running {
    var task: Task<Void, Never>?
    var sleep: Task<Void, Never>?
    var isWoken = false
  }

  /// - Parameters:
  ///   - takesRetry: whether an operator asks to go on after a halt, once for each time.
  ///   - settled: told after each look at L1, up to which block nobody need wait for L1; `nil` where L1 was never reached,
  ///     is another one, refuses, or waits for an operator: then nobody waits.
  public init(
    client: L1Client, source: any BatchSource, store: SettlementStore, options: SettlerOptions,
    registry: MetricsRegistry, time: TimeSource = .system, takesRetry: @escaping @Sendable () -> Bool = { false },
    settled: @escaping @Sendable (UInt64?) -> Void = { _ in }, log: Logger = Logger(label: "l1_sender")
  ) throws(SettlementStoreError) {
    let throttled = ThrottledLog(log, interval: .seconds(60), clock: time)
    status = SettlerStatus { throttled.error("settling on L1 does not go on", reason: $0) }
    finality = try Finality(store)
    settler = Settler(
      client: client, source: source, store: store, finality: finality, options: options,
      metrics: L1SenderMetrics(registry), status: status, time: time, takesRetry: takesRetry)
    self.source = source
    self.settled = settled
    self.log = log
  }

  public func start() {
    let task = Task { await run() }
    state.withLock { $0.task = task }
  }

  public func stop() async {
    let task = state.withLock { state in
      state.sleep?.cancel()
      return state.task
    }
    task?.cancel()
    await task?.value
  }

  /// There is a new batch, a new proof, or a new block of L1.
  public func wake() {
    state.withLock { state in
      state.isWoken = true
      state.sleep?.cancel()
    }
  }

  private func run() async {
    var isFirst = true
    while !Task.isCancelled {
      let pause = await settler.step()
      let now = status.current
      if isFirst, now.problem != nil {
        // The reference's words: operators look for them.
        log.error("failed to start L1 sender; proceeding without it", metadata: ["reason": "\(now.problem ?? "")"])
      }
      isFirst = false
      settled(now.isReached && !now.isWrong && !now.isHalted && !now.isStuck ? now.settled : nil)
      await sleep(pause)
    }
  }

  private func sleep(_ pause: Duration) async {
    let sleep = Task { _ = try? await Task.sleep(for: pause) }
    let isWoken = state.withLock { state in
      state.sleep = sleep
      defer { state.isWoken = false }
      return state.isWoken
    }
    if isWoken || Task.isCancelled { sleep.cancel() }
    await sleep.value
  }

  public var health: Health { status.health }

  /// In blocks that are in a batch; nothing while there is no L1.
  public var lag: Lag? {
    let current = status.current
    guard let settled = current.settled, let last = try? source.lastBatch().rawValue else { return nil }
    return Lag(position: min(last, settled), target: last, waitingFor: current.problem ?? current.notes.first)
  }

  /// What L1 has of the batches, step by step; nothing before L1 was looked at.
  public var stages: [Stage] {
    let current = status.current
    guard current.isReached, let last = try? source.lastBatch().rawValue else { return [] }
    let totals = finality.totals
    var target = last
    return SettlementStep.allCases.map { step in
      let position = totals[step]
      defer { target = min(target, position) }
      let reason = position < target ? current.problem ?? current.stepNotes[step] : nil
      return Stage("l1_\(step)", Lag(position: min(position, target), target: target, waitingFor: reason), unit: .batch)
    }
  }
}
