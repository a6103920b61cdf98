import Concurrency
import HTTP
import NIOCore
import Synchronization

/// A message that waits for a thread, or has one.
public final class RPCWork: Sendable {
  private struct Place: Sendable {
    let pool: WorkerPool
    let job: WorkerPool.Job
    /// Answers in place of the job.
    let answer: @Sendable (Cancellation.Reason) -> Void

    func withdraw(_ reason: Cancellation.Reason) {
      if pool.withdraw(job) { answer(reason) }
    }
  }

  /// What the message may take from its arrival to its answer, a batch as a whole.
  let timeLimit: TimeAmount
  private let cancellation: Cancellation
  private let place = Mutex<Place?>(nil)

  init(timeLimit: TimeAmount, cancellation: Cancellation) {
    self.timeLimit = timeLimit
    self.cancellation = cancellation
  }

  /// Has `job` run on a thread of `pool`; false, and it is refused, where its queue is full. Where the work is given up
  /// before it begins, `answer` is called instead.
  func submit(
    _ job: WorkerPool.Job, to pool: WorkerPool, orElse answer: @escaping @Sendable (Cancellation.Reason) -> Void
  ) -> Bool {
    let place = Place(pool: pool, job: job, answer: answer)
    self.place.withLock { $0 = place }
    guard pool.submit(job) else { return false }
    // Who gave the work up a moment ago found nothing to withdraw.
    if let reason = cancellation.reason { place.withdraw(reason) }
    return true
  }

  /// Gives the work up. If it has not begun it is answered at once and dropped; if it has, it is answered when it notices.
  package func cancel(_ reason: Cancellation.Reason) {
    guard cancellation.cancel(reason) else { return }
    place.withLock { $0 }?.withdraw(reason)
  }
}

/// Where the reply to a message goes, once.
final class RPCDelivery: Sendable {
  let context: RPCContext
  /// What a large reply must find room in.
  let memory: MemoryBudget?
  /// Begins a reply in pieces, where the message can have one.
  let stream: (@Sendable () -> OutgoingStream)?
  private let completion: @Sendable (ByteBuffer?) -> Void
  /// Whether the message counts as one of the heavy ones of its connection.
  private let isHeavy = Atomic<Bool>(false)

  init(
    context: RPCContext, memory: MemoryBudget?, stream: (@Sendable () -> OutgoingStream)?,
    completion: @escaping @Sendable (ByteBuffer?) -> Void
  ) {
    self.context = context
    self.stream = stream
    self.memory = memory
    self.completion = completion
  }

  /// Counts the message as heavy until it is answered; false where its connection has `limit` of them. Over HTTP there is
  /// one message at a time anyway.
  func beginHeavy(limit: Int) -> Bool {
    guard let session = context.session else { return true }
    guard session.beginHeavy(limit: limit) else { return false }
    isHeavy.store(true, ordering: .relaxed)
    return true
  }

  func complete(_ reply: ByteBuffer?) {
    if isHeavy.exchange(false, ordering: .relaxed) { context.session?.endHeavy() }
    completion(reply)
  }
}
