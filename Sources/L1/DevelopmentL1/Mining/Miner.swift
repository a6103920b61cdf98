import Concurrency
import Logging
import Synchronization
import Telemetry

/// Makes blocks in time, and for transactions as they come, as the mode says.
final class Miner: Sendable {
  private let chain: DevelopmentChain
  private let log: ThrottledLog
  private let current: Mutex<MiningMode>
  private let changed = Signal()
  private let isStopping = Atomic<Bool>(false)
  private let thread = Mutex<ServiceThread?>(nil)

  init(_ chain: DevelopmentChain, mode: MiningMode, log: Logger) {
    self.chain = chain
    self.log = ThrottledLog(log)
    current = Mutex(mode)
  }

  /// When blocks are made. A change counts at once.
  var mode: MiningMode {
    get { current.withLock { $0 } }
    set {
      current.withLock { $0 = newValue }
      changed.notify()
    }
  }

  func start() {
    thread.withLock { $0 = ServiceThread { [self] in run() } }
  }

  func stop() {
    isStopping.store(true, ordering: .relaxed)
    changed.notify()
    thread.withLock { $0 }?.join()
  }

  /// Makes blocks for what has come in, where the mode says so.
  func transactionsCame() throws(ChainError) {
    if mode.minesTransactions { try chain.mineReady() }
  }

  private func run() {
    var last = MonotonicClock.nanoseconds
    while !isStopping.load(ordering: .relaxed) {
      let generation = changed.generation
      guard let interval = mode.interval else {
        changed.wait(after: generation)
        last = MonotonicClock.nanoseconds
        continue
      }
      let due = last &+ max(interval.nanoseconds, 1_000_000)
      if MonotonicClock.nanoseconds < due {
        changed.wait(after: generation, until: due)
        continue
      }
      // After a stop of the machine one block is made, not all that were missed.
      last = MonotonicClock.nanoseconds
      do throws(ChainError) {
        try chain.mine()
      } catch {
        log.error("no block can be made", reason: "\(error)")
      }
    }
  }
}
