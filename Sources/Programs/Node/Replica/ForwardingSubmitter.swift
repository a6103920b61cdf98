import Concurrency
import EthereumAPI
import Logging
import Mempool
import Primitives
import Synchronization
import Telemetry
import Transactions
import ZKsyncAPI

/// Transactions that a read node gets: what is wrong with one in itself it says itself, and whether the chain takes it says
/// the main node, whose answer the client gets. What that has taken is kept here too, so that `pending` and `txpool_` know it,
/// and sent again until it is in a block: a main node may lose what it had taken.
final class ForwardingSubmitter: TransactionSubmitter, Service {
  private struct Control {
    var thread: ServiceThread?
    var isStopping = false
    /// When each transaction was sent last, in nanoseconds of the monotonic clock.
    var sent: [Bytes32: UInt64] = [:]
  }

  let name = "forwarding"
  private let pool: Mempool
  private let base: MempoolSubmitter
  private let mainNode: MainNode
  private let signal = Signal()
  private let control = Mutex(Control())
  private let log = Logger(label: "forwarding")

  /// A transaction that is in no block after this time is sent again.
  private static let interval: UInt64 = 5_000_000_000
  /// Transactions that are sent again at once.
  private static let most = 1_000

  init(_ pool: Mempool, to mainNode: MainNode) {
    self.pool = pool
    base = MempoolSubmitter(pool)
    self.mainNode = mainNode
  }

  func submit(envelope: [UInt8]) throws(SubmissionError) -> Bytes32 {
    let recovered = try MempoolSubmitter.recover(envelope)
    do throws(MainNode.Fault) { try mainNode.send(envelope) } catch {
      switch error {
      case .refused(let answer): throw .refused(answer.message)
      case .away(let reason): throw .failed("the main node has not taken the transaction: \(reason)")
      case .busy: throw .failed("too many transactions wait for the main node, try again")
      }
    }
    control.withLock { $0.sent[recovered.hash] = MonotonicClock.nanoseconds }
    // The main node may be a block ahead, and know what this pool does not see yet.
    do throws(MempoolError) { try pool.add(recovered) } catch {
      log.debug(
        "what the main node has taken is not kept", metadata: ["hash": "\(recovered.hash)", "reason": "\(error)"])
    }
    return recovered.hash
  }

  func pendingNonce(of sender: Address) throws(ChainReadError) -> UInt64 { try base.pendingNonce(of: sender) }

  func transaction(hash: Bytes32) -> RecoveredTransaction? { base.transaction(hash: hash) }

  func standing(of hash: Bytes32) -> SubmissionStanding { base.standing(of: hash) }

  var counts: (pending: Int, queued: Int) { base.counts }

  // MARK: Sending again

  func start() async throws {
    let thread = ServiceThread { [self] in run() }
    control.withLock { $0.thread = thread }
  }

  func stop() async {
    let thread = control.withLock { control in
      control.isStopping = true
      defer { control.thread = nil }
      return control.thread
    }
    signal.notify()
    thread?.join()
  }

  var health: Health { .ready }

  private func run() {
    while true {
      let generation = signal.generation
      signal.wait(after: generation, until: MonotonicClock.nanoseconds + Self.interval)
      if control.withLock({ $0.isStopping }) { return }
      let (executable, parked) = pool.content(of: nil)
      let waiting = executable + parked
      let now = MonotonicClock.nanoseconds
      let due = control.withLock { control in
        let known = Set(waiting.map(\.hash))
        control.sent = control.sent.filter { known.contains($0.key) || now - min(now, $0.value) < Self.interval }
        return waiting.filter { now - min(now, control.sent[$0.hash] ?? 0) >= Self.interval }.prefix(Self.most)
      }
      for transaction in due {
        if control.withLock({ $0.isStopping }) { return }
        do throws(MainNode.Fault) { try mainNode.send(transaction.transaction.envelope) } catch {
          guard case .refused(let answer) = error else { break }
          // It may be in a block that this node does not have yet.
          if !answer.message.contains("nonce too low") {
            pool.reject(transaction.hash, "the main node refuses it: \(answer.message)")
          }
        }
        control.withLock { $0.sent[transaction.hash] = MonotonicClock.nanoseconds }
      }
    }
  }
}
