import Concurrency
import NIOCore

/// A message that waits for a thread, or has one.
public struct RPCWork: Sendable {
  /// What the message may take from its arrival to its answer, a batch as a whole.
  let timeLimit: TimeAmount
  let cancellation: Cancellation
  let pool: WorkerPool
  let job: WorkerPool.Job
  /// Answers in place of the job.
  let answer: @Sendable (Cancellation.Reason) -> Void

  /// Gives the work up. If it has not begun it is answered at once and dropped; if it has, it is answered when it notices.
  func cancel(_ reason: Cancellation.Reason) {
    guard cancellation.cancel(reason), pool.withdraw(job) else { return }
    answer(reason)
  }
}
