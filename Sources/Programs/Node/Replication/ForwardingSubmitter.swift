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
  let name = "forwarding"
  private let pool: Mempool
  private let base: MempoolSubmitter
  private let mainNode: MainNode
  private let periodic = PeriodicThread()
  /// When each transaction was sent last, in nanoseconds of the monotonic clock.
  private let sent = Mutex<[Bytes32: UInt64]>([:])
  private let log = Logger(label: "forwarding")

  /// A transaction that is in no block after this time is sent again.
  private static let interval = Duration.seconds(5)
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
    sent.withLock { $0[recovered.hash] = MonotonicClock.nanoseconds }
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
    periodic.start(after: Self.interval) { [self] in
      sendAgain()
      return Self.interval
    }
  }

  func stop() async { periodic.stop() }

  var health: Health { .ready }

  private func sendAgain() {
    let (executable, parked) = pool.content(of: nil)
    let waiting = executable + parked
    let now = MonotonicClock.nanoseconds, interval = Self.interval.nanoseconds
    let due = sent.withLock { sent in
      let known = Set(waiting.map(\.hash))
      sent = sent.filter { known.contains($0.key) || now - min(now, $0.value) < interval }
      return waiting.filter { now - min(now, sent[$0.hash] ?? 0) >= interval }.prefix(Self.most)
    }
    for transaction in due {
      if periodic.isStopping { return }
      do throws(MainNode.Fault) { try mainNode.send(transaction.transaction.envelope) } catch {
        guard case .refused(let answer) = error else { return }
        // It may be in a block that this node does not have yet.
        if !answer.message.contains("nonce too low") {
          pool.reject(transaction.hash, "the main node refuses it: \(answer.message)")
        }
      }
      sent.withLock { $0[transaction.hash] = MonotonicClock.nanoseconds }
    }
  }
}
