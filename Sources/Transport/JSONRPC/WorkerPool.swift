import Concurrency
import Glibc
import Synchronization

/// Threads for work that computes or waits, with a queue that is bounded in pieces of work and in bytes, and fair: clients
/// take turns, and so do the connections of each. Where the queue is full, the client that has the most in it gives up
/// what it brought last, for one that has less.
public final class WorkerPool: Sendable {
  /// A piece of work that waits for a thread, or has got one.
  ///
  /// `@unchecked Sendable`: what is not constant is only touched under the lock of the pool.
  final class Job: @unchecked Sendable {
    /// What the work keeps in memory while it waits.
    let bytes: Int
    let client: RPCClient
    /// The WebSocket that it came over. Over HTTP a connection brings one piece at a time.
    fileprivate let connection: ObjectIdentifier?
    /// Called where the queue has no room for the work.
    private var refused: (@Sendable () -> Void)?
    /// `nil` once the work has begun, or was withdrawn.
    fileprivate var body: (@Sendable () -> Void)?

    init(
      bytes: Int, of context: RPCContext, elseRefused refused: @escaping @Sendable () -> Void,
      _ body: @escaping @Sendable () -> Void
    ) {
      self.bytes = bytes
      client = context.client
      connection = context.session.map { ObjectIdentifier($0) }
      self.refused = refused
      self.body = body
    }

    /// Says that there is no room for the work, once.
    fileprivate func refuse() {
      body = nil
      refused.take()?()
    }

    /// Forgets what the work keeps.
    fileprivate func drop() { (body, refused) = (nil, nil) }
  }

  /// Pieces of work, and their bytes, that may wait.
  public let limit: Int, byteLimit: Int
  /// Threads that no client has all to itself.
  private let mostRunning: Int
  private let state: Mutex<State>
  private let news = Signal()
  private let threads: Mutex<[ServiceThread]>

  private struct State {
    var queue: FairQueue
    var isEnding = false
    var threadsLeft: Int
    var whenEnded: CheckedContinuation<Void, Never>?
  }

  /// - Parameters:
  ///   - reserved: threads that a client who has all others cannot get, so that somebody else's work begins at once; of
  ///     several threads only.
  ///   - niceness: how far the threads stand back behind others that want a processor, from 0 to 19.
  public init(
    threads count: Int, reserved: Int = 0, limit: Int = 8_192, byteLimit: Int = 64 << 20, niceness: Int32 = 0
  ) {
    self.limit = limit
    self.byteLimit = byteLimit
    let count = max(1, count)
    mostRunning = max(1, count - reserved)
    state = Mutex(State(queue: FairQueue(flatRate: byteLimit / max(1, limit)), threadsLeft: count))
    threads = Mutex([])
    for _ in 0..<count {
      let thread = ServiceThread { [self] in
        // On Linux a niceness belongs to a thread; 0 means the calling one.
        if niceness > 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
        work()
      }
      threads.withLock { $0.append(thread) }
    }
  }

  /// Pieces of work that wait.
  public var waiting: Int { state.withLock { $0.queue.waiting } }

  /// Pieces of work that wait or run.
  public var load: Int { state.withLock { $0.queue.waiting + $0.queue.running } }

  /// Has `job` run on a thread of the pool; `false`, and it is refused, where the queue is full.
  func submit(_ job: Job) -> Bool {
    let (isTaken, displaced) = state.withLock { state -> (Bool, [Job]) in
      guard !state.isEnding, job.bytes <= byteLimit else { return (false, []) }
      var displaced: [Job] = []
      while state.queue.waiting >= limit || state.queue.waitingBytes + job.bytes > byteLimit {
        guard let victim = state.queue.displace(for: job) else { return (false, displaced) }
        displaced.append(victim)
      }
      state.queue.append(job)
      return (true, displaced)
    }
    for victim in displaced { victim.refuse() }
    if isTaken { news.notifyOne() } else { job.refuse() }
    return isTaken
  }

  /// Takes `job` back; `false` where it has begun.
  func withdraw(_ job: Job) -> Bool { state.withLock { $0.queue.withdraw(job) } }

  private func work() {
    while true {
      let generation = news.generation
      let (next, isEnding) = state.withLock { ($0.queue.next(mostRunning: mostRunning), $0.isEnding) }
      if let next {
        next.body()
        state.withLock { $0.queue.ended(next.client) }
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
      state.queue.removeAll()
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

/// Jobs in lines, one for each connection. Clients take turns, and the lines of a client do.
private struct FairQueue {
  typealias Job = WorkerPool.Job

  /// The jobs of a connection in the order in which they came, those withdrawn among them.
  private final class Line {
    let connection: ObjectIdentifier?
    var jobs: ArraySlice<Job> = []
    /// Those that are not withdrawn.
    var waiting = 0

    init(_ connection: ObjectIdentifier?) { self.connection = connection }

    func popFirst() -> Job? {
      while let job = jobs.popFirst() { if job.body != nil { return job } }
      return nil
    }

    func popLast() -> Job? {
      while let job = jobs.popLast() { if job.body != nil { return job } }
      return nil
    }

    /// Forgets what is withdrawn, before it outnumbers what waits.
    func tidy() {
      if jobs.count > 2 * waiting + 16 { jobs = jobs.filter { $0.body != nil }[...] }
    }
  }

  private final class Client {
    /// Lines with jobs that wait, the next in turn first.
    var turns: ArraySlice<Line> = []
    var lines: [ObjectIdentifier?: Line] = [:]
    var waiting = 0, waitingBytes = 0
    var running = 0
    var isInTurns = false

    func newLine(_ connection: ObjectIdentifier?) -> Line {
      let line = Line(connection)
      lines[connection] = line
      turns.append(line)
      return line
    }
  }

  private var clients: [RPCClient: Client] = [:]
  /// Clients with jobs that wait, the next in turn first; some may have none any more.
  private var turns: ArraySlice<RPCClient> = []
  private(set) var waiting = 0, waitingBytes = 0
  private(set) var running = 0
  /// What a job counts for beside its bytes, so that both limits are one measure.
  private let flatRate: Int

  init(flatRate: Int) { self.flatRate = flatRate }

  mutating func append(_ job: Job) {
    let client = clients[job.client] ?? Client()
    clients[job.client] = client
    let line = client.lines[job.connection] ?? client.newLine(job.connection)
    line.jobs.append(job)
    line.waiting += 1
    client.waiting += 1
    client.waitingBytes += job.bytes
    waiting += 1
    waitingBytes += job.bytes
    if !client.isInTurns {
      client.isInTurns = true
      turns.append(job.client)
    }
  }

  /// The job whose turn it is, of a client of whose jobs fewer than `mostRunning` run.
  mutating func next(mostRunning: Int) -> (client: RPCClient, body: @Sendable () -> Void)? {
    for _ in 0..<turns.count {
      guard let id = turns.popFirst(), let client = clients[id] else { continue }
      guard client.running < mostRunning || client.waiting == 0 else {
        turns.append(id)
        continue
      }
      client.isInTurns = false
      guard let job = Self.nextJob(of: client), let body = job.body.take() else {
        forgetIfIdle(id)
        continue
      }
      left(job)
      if client.waiting > 0 {
        client.isInTurns = true
        turns.append(id)
      }
      client.running += 1
      running += 1
      return (id, body)
    }
    return nil
  }

  private static func nextJob(of client: Client) -> Job? {
    while let line = client.turns.popFirst() {
      let job = line.popFirst()
      // The job that is given away still counts as one of its line's.
      if line.waiting > (job == nil ? 0 : 1) {
        client.turns.append(line)
      } else {
        client.lines[line.connection] = nil
      }
      if let job { return job }
    }
    return nil
  }

  mutating func ended(_ id: RPCClient) {
    running -= 1
    clients[id]?.running -= 1
    forgetIfIdle(id)
  }

  private mutating func forgetIfIdle(_ id: RPCClient) {
    guard let client = clients[id], client.running == 0, client.waiting == 0, !client.isInTurns else { return }
    clients[id] = nil
  }

  mutating func withdraw(_ job: Job) -> Bool {
    guard job.body != nil else { return false }
    job.drop()
    left(job)
    clients[job.client]?.lines[job.connection]?.tidy()
    return true
  }

  /// Notes that a job waits no longer.
  private mutating func left(_ job: Job) {
    waiting -= 1
    waitingBytes -= job.bytes
    guard let client = clients[job.client] else { return }
    client.waiting -= 1
    client.waitingBytes -= job.bytes
    client.lines[job.connection]?.waiting -= 1
  }

  /// Takes out what the client who has the most brought last, where it has more than the client of `job` will have.
  mutating func displace(for job: Job) -> Job? {
    func share(_ client: Client?) -> Int { client.map { $0.waitingBytes + $0.waiting * flatRate } ?? 0 }
    let most = clients.values.max { share($0) < share($1) }
    guard let most, share(most) > share(clients[job.client]) + job.bytes + flatRate else { return nil }
    guard let line = most.lines.values.max(by: { $0.waiting < $1.waiting }), let victim = line.popLast() else {
      return nil
    }
    victim.body = nil
    left(victim)
    return victim
  }

  mutating func removeAll() {
    for client in clients.values {
      for line in client.turns { for job in line.jobs { job.drop() } }
      client.turns = []
      client.lines = [:]
      (client.waiting, client.waitingBytes) = (0, 0)
    }
    (waiting, waitingBytes) = (0, 0)
  }
}
