import Primitives
import Sequencer
import Synchronization
import Transactions

/// The requests that L1 made and that are in no block yet, as the sequencer takes them.
///
/// Whoever reads L1 fills it (``L1RequestWatcher``); everything in it is on the disk before it can be taken, so that the
/// same requests are there after a restart, with or without L1.
public final class L1RequestQueue: L1RequestSource {
  /// Of what is in blocks already so many are remembered, to be compared with what L1 says of them later.
  static let remembered: UInt64 = 10_000

  struct State {
    /// The id that the next block begins with.
    var next: UInt64
    /// The id that comes next on L1: those before are known, and stand there as far as is known.
    var seen: UInt64
    /// What waits, without gaps from ``firstWaiting(_:)`` on.
    var waiting: [UInt64: RecoveredTransaction] = [:]
    var waitingBytes = 0
    /// The newest that went into a block, with its number.
    var included: [UInt64: (hash: Bytes32, block: UInt64)] = [:]
    var refusal: RequestStore.Refusal?
    var conflict: RequestStore.Conflict?
  }

  /// What waits where it does not come from L1: the request with id 0, for which L1 is not asked.
  let forced: RecoveredTransaction?
  let state: Mutex<State>
  private let onRefusal = Mutex<(@Sendable (RequestStore.Refusal) -> Void)?>(nil)

  /// - Parameters:
  ///   - next: the id that the next block begins with.
  ///   - forced: the request with id 0, where the chain begins with it whatever L1 says.
  public init(next: UInt64, forced: RecoveredTransaction?) {
    self.forced = forced
    state = Mutex(State(next: next, seen: next))
  }

  /// Calls `handler` when a request is refused, on the thread of the sequencer.
  func onRefusal(_ handler: @escaping @Sendable (RequestStore.Refusal) -> Void) { onRefusal.withLock { $0 = handler } }

  // MARK: The sequencer's side

  public func transaction(_ priorityID: UInt64) -> RecoveredTransaction? {
    if priorityID == 0, let forced { return forced }
    return state.withLock { state in
      if let refusal = state.refusal, refusal.id <= priorityID { return nil }
      return state.waiting[priorityID]
    }
  }

  public func included(_ requests: [RecoveredTransaction], in block: UInt64, next: UInt64) {
    state.withLock { state in
      for request in requests {
        guard let id = request.priorityID else { continue }
        state.included[id] = (request.hash, block)
        if let taken = state.waiting.removeValue(forKey: id) {
          state.waitingBytes -= Self.size(taken)
          // L1 was reorganised while the block was made.
          if taken.hash != request.hash { state.conflict = RequestStore.Conflict(id: id, block: block) }
        }
        if id >= Self.remembered { state.included[id - Self.remembered] = nil }
      }
      state.next = next
    }
  }

  /// Blocks with these requests were taken back: they wait again, and the next block begins with `next`.
  public func returned(_ requests: [RecoveredTransaction], next: UInt64) {
    state.withLock { state in
      for request in requests {
        guard let id = request.priorityID, id >= firstWaiting(next) else { continue }
        state.included[id] = nil
        if state.waiting.updateValue(request, forKey: id) == nil { state.waitingBytes += Self.size(request) }
      }
      state.next = next
    }
  }

  public func refused(_ request: RecoveredTransaction, reason: String) {
    guard let id = request.priorityID else { return }
    let refusal = RequestStore.Refusal(id: id, hash: request.hash, reason: reason)
    state.withLock { $0.refusal = refusal }
    onRefusal.withLock { $0 }?(refusal)
  }

  // MARK: The watcher's side

  /// The first request that may wait, where the next block begins with `next`: the one that is known beforehand does not.
  func firstWaiting(_ next: UInt64) -> UInt64 { forced == nil ? next : max(next, 1) }

  /// Adds what was found on L1 next, once it is on the disk.
  func add(_ requests: [QueuedRequest]) {
    state.withLock { state in
      for request in requests {
        if let refusal = state.refusal, refusal.id == request.id, refusal.hash != request.hash { state.refusal = nil }
        state.seen = max(state.seen, request.id &+ 1)
        guard request.id >= firstWaiting(state.next) else { continue }
        let transaction = request.transaction
        if let old = state.waiting.updateValue(transaction, forKey: request.id) {
          state.waitingBytes -= Self.size(old)
        }
        state.waitingBytes += Self.size(transaction)
      }
    }
  }

  /// Takes back what stands on L1 no longer, or is not known to: everything from an id on.
  func retract(from id: UInt64) {
    state.withLock { state in
      state.seen = min(state.seen, id)
      for (key, transaction) in state.waiting where key >= id {
        state.waiting[key] = nil
        state.waitingBytes -= Self.size(transaction)
      }
    }
  }

  /// Bytes of memory that it takes, about.
  private static func size(_ transaction: RecoveredTransaction) -> Int {
    guard case .request(let request) = transaction.transaction else { return 0 }
    return 512 + request.input.count + 32 * request.factoryDeps.count
  }
}
