import Concurrency
import Primitives
import Synchronization
import Telemetry

/// Those who have sent a transaction and wait for its receipt.
///
/// Nobody keeps a thread: whoever shows blocks tells of each, whoever lets transactions go tells of those, and one thread
/// for all looks after the time.
public final class ReceiptWaiters: Service {
  /// How a wait ended.
  enum Outcome: Sendable {
    case receipt(LocatedReceipt)
    /// The transaction can be in no block.
    case refused(String)
    /// An earlier transaction of the sender was refused, so that its turn cannot come.
    case blocked(String)
    case timedOut
  }

  private struct Waiter {
    let sender: Address
    let nonce: UInt64
    /// Nanoseconds of the monotonic clock.
    let deadline: UInt64
    /// Says whether the client has left.
    let cancellation: Cancellation
    let complete: @Sendable (Outcome) -> Void
  }

  private struct State {
    var waiters: [Bytes32: [Waiter]] = [:]
    var count = 0
    var isStopping = false

    /// Forgets those whose clients have left.
    mutating func removeAbandoned() {
      for (hash, waiters) in waiters where waiters.contains(where: \.cancellation.isCancelled) {
        let left = waiters.filter { !$0.cancellation.isCancelled }
        count -= waiters.count - left.count
        self.waiters[hash] = left.isEmpty ? nil : left
      }
    }

    mutating func remove(_ hash: Bytes32) -> [Waiter] {
      let removed = waiters.removeValue(forKey: hash) ?? []
      count -= removed.count
      return removed
    }
  }

  public let name = "receipts"
  private let limit: Int
  private let state = Mutex(State())
  private let changed = Signal()
  private let thread = Mutex<ServiceThread?>(nil)

  /// - Parameter limit: of those who wait at the same time.
  init(limit: Int) { self.limit = limit }

  public var health: Health { .ready }

  public func start() {
    let thread = ServiceThread { [self] in watchTime() }
    self.thread.withLock { $0 = thread }
  }

  /// Lets everybody go.
  public func stop() {
    state.withLock { $0.isStopping = true }
    changed.notify()
    thread.withLock { $0 }?.join()
  }

  /// How many wait.
  package var count: Int { state.withLock { $0.count } }

  /// Calls `complete` once, when it is known what becomes of the transaction or at `deadline`, in nanoseconds of the
  /// monotonic clock; false where too many wait already. Those whose client has left, as `cancellation` tells, make room.
  func wait(
    for hash: Bytes32, from sender: Address, nonce: UInt64, until deadline: UInt64, unless cancellation: Cancellation,
    _ complete: @escaping @Sendable (Outcome) -> Void
  ) -> Bool {
    let isAdded = state.withLock { state in
      if state.count >= limit { state.removeAbandoned() }
      guard state.count < limit, !state.isStopping else { return false }
      state.waiters[hash, default: []].append(
        Waiter(sender: sender, nonce: nonce, deadline: deadline, cancellation: cancellation, complete: complete))
      state.count += 1
      return true
    }
    if isAdded { changed.notify() }
    return isAdded
  }

  /// A block can be read that has these receipts.
  func tell(of receipts: [LocatedReceipt]) {
    for receipt in receipts { end(receipt.transactionHash, .receipt(receipt)) }
  }

  /// The transaction has left the mempool without a block. Those of the same sender behind it wait for nothing.
  func tell(of refused: RefusedTransaction) {
    end(refused.hash, .refused(refused.reason))
    guard let reason = refused.reasonForLaterNonces else { return }
    let behind = state.withLock { state in
      let hashes = state.waiters.filter { entry in
        entry.value.contains { $0.sender == refused.sender && $0.nonce > refused.nonce }
      }.keys
      return hashes.flatMap { state.remove($0) }
    }
    for waiter in behind { waiter.complete(.blocked(reason)) }
  }

  func end(_ hash: Bytes32, _ outcome: Outcome) {
    let ended = state.withLock { state in state.count == 0 ? [] : state.remove(hash) }
    for waiter in ended { waiter.complete(outcome) }
  }

  private func watchTime() {
    while true {
      let generation = changed.generation
      let now = MonotonicClock.nanoseconds
      let (ended, next, isStopping) = state.withLock { state -> ([Waiter], UInt64?, Bool) in
        var ended: [Waiter] = []
        for (hash, waiters) in state.waiters where state.isStopping || waiters.contains(where: { $0.deadline <= now }) {
          let left = waiters.filter { $0.deadline > now && !state.isStopping }
          ended += waiters.filter { $0.deadline <= now || state.isStopping }
          state.waiters[hash] = left.isEmpty ? nil : left
        }
        state.count -= ended.count
        return (ended, state.waiters.values.lazy.joined().map(\.deadline).min(), state.isStopping)
      }
      for waiter in ended { waiter.complete(.timedOut) }
      if isStopping { return }
      changed.wait(after: generation, until: next)
    }
  }
}
