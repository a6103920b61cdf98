import Concurrency

/// Submissions that wait for a thread that verifies: bounded in number and bytes, what waits and what is in work together.
/// The threads stand back behind those that make blocks.
public final class SubmissionQueue: Sendable {
  /// How much may wait, and how much is done at once.
  public struct Limits: Sendable {
    /// Submissions, those in work included.
    public var items = 64
    /// Bytes of their requests.
    public var bytes = 128 << 20
    /// Submissions in work at once.
    public var threads = 1

    public init() {}
  }

  /// A submission: what is done with it, and the bytes that it holds meanwhile.
  struct Work: Sendable {
    var bytes: Int
    /// Says that the work is to be given up: what is in work ends soon, what waits is begun and ends at once.
    let cancellation = Cancellation()
    var run: @Sendable (Cancellation) -> Void

    init(bytes: Int, _ run: @escaping @Sendable (Cancellation) -> Void) {
      self.bytes = bytes
      self.run = run
    }
  }

  private struct State {
    var waiting: [Work] = []
    var inWork: [Work] = []
    var bytes = 0
    var isClosed = false

    var count: Int { waiting.count + inWork.count }
  }

  /// How far the threads stand back.
  private static let niceness: Int32 = 10

  private let limits: Limits
  private let state = Monitor(State())
  private let threads = Monitor<[ServiceThread]>([])

  public init(limits: Limits = Limits()) { self.limits = limits }

  /// Submissions that wait or are in work.
  public var count: Int { state.read { $0.count } }

  /// Starts the threads.
  public func start() {
    let started = (0..<limits.threads).map { _ in ServiceThread(niceness: Self.niceness) { [self] in run() } }
    threads.update { $0 += started }
  }

  /// Takes in a submission; false where there is no room for it. One alone has room, however large it is.
  func add(_ work: Work) -> Bool {
    state.update { state in
      guard !state.isClosed, state.count < limits.items, state.count == 0 || state.bytes + work.bytes <= limits.bytes
      else { return false }
      state.waiting.append(work)
      state.bytes += work.bytes
      return true
    }
  }

  /// Takes in nothing more, cancels what there is, and returns once it has ended.
  public func stop() {
    state.update { state in
      state.isClosed = true
      for work in state.waiting + state.inWork { work.cancellation.cancel(.shutdown) }
    }
    let running = threads.update { threads in
      defer { threads = [] }
      return threads
    }
    for thread in running { thread.join() }
  }

  private func run() {
    while let work = next() {
      work.run(work.cancellation)
      state.update { state in
        state.bytes -= work.bytes
        state.inWork.removeAll { $0.cancellation === work.cancellation }
      }
    }
  }

  /// Waits for a submission; `nil` at the end.
  private func next() -> Work? {
    state.wait { state -> Work?? in
      if !state.waiting.isEmpty {
        let work = state.waiting.removeFirst()
        state.inWork.append(work)
        return .some(work)
      }
      return state.isClosed ? .some(nil) : nil
    } ?? nil
  }
}
