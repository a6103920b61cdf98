import Concurrency
import Glibc
import Synchronization

/// Threads for work that computes or waits, with a queue that is bounded in pieces of work and in bytes.
public final class WorkerPool: Sendable {
  /// A piece of work that waits for a thread, or has got one.
  ///
  /// `@unchecked Sendable`: the body is only touched under the lock of the pool.
  final class Job: @unchecked Sendable {
    /// What the work keeps in memory while it waits.
    let bytes: Int
    /// `nil` once the work has begun, or was withdrawn.
    fileprivate var body: (@Sendable () -> Void)?

    init(bytes: Int, _ body: @escaping @Sendable () -> Void) {
      self.bytes = bytes
      self.body = body
    }
  }

  private struct State {
    /// In the order of their submission, those withdrawn among them.
    var queue: [Job] = []
    /// Jobs at the front that are already taken.
    var head = 0
    var waiting = 0
    var waitingBytes = 0
    var running = 0
    var isEnding = false
    var threadsLeft: Int
    var whenEnded: CheckedContinuation<Void, Never>?

    mutating func next() -> (@Sendable () -> Void)? {
      while head < queue.count {
        let job = queue[head]
        head += 1
        guard let body = job.body.take() else { continue }
        left(job)
        running += 1
        tidy()
        return body
      }
      tidy()
      return nil
    }

    mutating func left(_ job: Job) {
      waiting -= 1
      waitingBytes -= job.bytes
    }

    /// Forgets what is taken or withdrawn, before it outnumbers what waits.
    mutating func tidy() {
      guard queue.count > 2 * waiting + 64 || head == queue.count else { return }
      queue = queue[head...].filter { $0.body != nil }
      head = 0
    }
  }

  /// Pieces of work, and their bytes, that may wait.
  public let limit: Int, byteLimit: Int
  private let state: Mutex<State>
  private let news = Signal()
  private let threads: Mutex<[ServiceThread]>

  /// - Parameter niceness: how far the threads stand back behind others that want a processor, from 0 to 19.
  public init(threads count: Int, limit: Int = 8_192, byteLimit: Int = 64 << 20, niceness: Int32 = 0) {
    self.limit = limit
    self.byteLimit = byteLimit
    state = Mutex(State(threadsLeft: max(1, count)))
    threads = Mutex([])
    for _ in 0..<max(1, count) {
      let thread = ServiceThread { [self] in
        // On Linux a niceness belongs to a thread; 0 means the calling one.
        if niceness > 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
        work()
      }
      threads.withLock { $0.append(thread) }
    }
  }

  /// Pieces of work that wait.
  public var waiting: Int { state.withLock { $0.waiting } }

  /// Pieces of work that wait or run.
  public var load: Int { state.withLock { $0.waiting + $0.running } }

  /// Has `job` run on a thread of the pool; `false`, and it is not kept, where the queue is full.
  func submit(_ job: Job) -> Bool {
    let isTaken = state.withLock { state in
      guard !state.isEnding, state.waiting < limit, state.waitingBytes + job.bytes <= byteLimit else { return false }
      state.queue.append(job)
      state.waiting += 1
      state.waitingBytes += job.bytes
      return true
    }
    if isTaken { news.notifyOne() }
    return isTaken
  }

  /// Takes `job` back; `false` where it has begun.
  func withdraw(_ job: Job) -> Bool {
    state.withLock { state in
      guard job.body.take() != nil else { return false }
      state.left(job)
      state.tidy()
      return true
    }
  }

  private func work() {
    while true {
      let generation = news.generation
      let (body, isEnding) = state.withLock { ($0.next(), $0.isEnding) }
      if let body {
        body()
        state.withLock { $0.running -= 1 }
      } else if isEnding {
        break
      } else {
        news.wait(after: generation)
      }
    }
    let waiting = state.withLock { state in
      state.threadsLeft -= 1
      return state.threadsLeft == 0 ? state.whenEnded.take() : nil
    }
    waiting?.resume()
  }

  /// Lets the running work end, drops the waiting, and ends the threads.
  public func shutdown() async {
    state.withLock { state in
      state.isEnding = true
      for job in state.queue { job.body = nil }
      state.queue = []
      (state.head, state.waiting, state.waitingBytes) = (0, 0, 0)
    }
    news.notify()
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if state.threadsLeft > 0 { state.whenEnded = continuation }
        return state.threadsLeft == 0
      }
      if isOver { continuation.resume() }
    }
    for thread in threads.withLock({ $0 }) { thread.join() }
  }
}
