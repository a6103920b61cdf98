import Concurrency
import HTTP
import NIOCore
import Synchronization

/// A message that waits for a thread, or has one.
public final class RPCWork: Sendable {
  /// Takes the message out of where it waits, if it still does, and answers it.
  private typealias Withdrawal = @Sendable (Cancellation.Reason) -> Void

  /// What the message may take from its arrival to its answer, a batch as a whole.
  let timeLimit: TimeAmount
  private let cancellation: Cancellation
  private let withdrawal = Mutex<Withdrawal?>(nil)

  init(timeLimit: TimeAmount, cancellation: Cancellation) {
    self.timeLimit = timeLimit
    self.cancellation = cancellation
  }

  /// Has `job` run on a thread of `pool`; false, and it is refused, where its queue is full. Where the work is given up
  /// before it begins, `answer` is called instead.
  func submit(
    _ job: WorkerPool.Job, to pool: WorkerPool, orElse answer: @escaping @Sendable (Cancellation.Reason) -> Void
  ) -> Bool {
    let withdraw: Withdrawal = { reason in if pool.withdraw(job) { answer(reason) } }
    withdrawal.withLock { $0 = withdraw }
    guard pool.submit(job) else {
      begin()
      return false
    }
    // Who gave the work up a moment ago found nothing to withdraw.
    if let reason = cancellation.reason { withdraw(reason) }
    return true
  }

  /// The message waits no longer: there is nothing to withdraw. Whoever takes it up says so, as what would be withdrawn
  /// holds the work in turn.
  func begin() { withdrawal.withLock { $0 = nil } }

  /// Waits for a place for a large reply, and then calls `body`. Where the work is given up before that, `answer` is called
  /// instead.
  func wait(
    for places: LargeReplies, of client: RPCClient, orElse answer: @escaping @Sendable () -> Void,
    _ body: @escaping @Sendable (LargeReplies.Claim) -> Void
  ) {
    let ticket = places.nextTicket()
    let withdraw: Withdrawal = { _ in if places.withdraw(ticket) { answer() } }
    // Before it waits: there may be a place at once, and then it waits for a thread.
    withdrawal.withLock { $0 = withdraw }
    places.wait(ticket, for: client, body)
    if let reason = cancellation.reason { withdraw(reason) }
  }

  /// Gives the work up. If it has not begun it is answered at once and dropped; if it has, it is answered when it notices.
  package func cancel(_ reason: Cancellation.Reason) {
    guard cancellation.cancel(reason) else { return }
    let withdraw = withdrawal.withLock { withdrawal in
      defer { withdrawal = nil }
      return withdrawal
    }
    withdraw?(reason)
  }
}

/// Where the reply to a message goes, once.
final class RPCDelivery: Sendable {
  let context: RPCContext
  /// What a large reply must find room in.
  let memory: MemoryBudget?
  /// Why nothing is done for the sender; `nil` where it is.
  let refusal: RPCError?
  /// Begins a reply in pieces, where the message can have one.
  let stream: (@Sendable () -> OutgoingStream)?
  private let completion: @Sendable (RPCReply?) -> Void
  /// Whether the message counts as one of the heavy ones of its connection.
  private let isHeavy = Atomic<Bool>(false)

  init(
    context: RPCContext, memory: MemoryBudget?, stream: (@Sendable () -> OutgoingStream)?,
    completion: @escaping @Sendable (RPCReply?) -> Void
  ) {
    self.context = context
    self.stream = stream
    self.memory = memory
    do throws(RPCError) {
      try context.purse?.check()
      refusal = nil
    } catch {
      refusal = error
    }
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

  func complete(_ text: ByteBuffer?, _ claim: LargeReplies.Claim? = nil) {
    if isHeavy.exchange(false, ordering: .relaxed) { context.session?.endHeavy() }
    if let text { context.purse?.spend(bytes: text.readableBytes) }
    completion(text.map { RPCReply(text: $0, claim: claim) })
  }
}
