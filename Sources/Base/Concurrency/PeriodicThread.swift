import Synchronization

/// Does something again and again, on a thread of its own, until it is stopped.
public final class PeriodicThread: Sendable {
  private struct State {
    var isStopping = false
    var thread: ServiceThread?
  }

  private let signal = Signal()
  private let state = Mutex(State())

  public init() {}

  /// Begins, once.
  ///
  /// - Parameters:
  ///   - delay: time before the first call.
  ///   - niceness: how far the thread stands back behind others, see ``ServiceThread``.
  ///   - body: gives the time until it is called again.
  public func start(after delay: Duration = .zero, niceness: Int32 = 0, _ body: @escaping @Sendable () -> Duration) {
    let thread = ServiceThread(niceness: niceness) { [self] in
      var pause = delay
      while true {
        let generation = signal.generation
        if isStopping { return }
        signal.wait(after: generation, until: MonotonicClock.nanoseconds &+ pause.nanoseconds)
        if isStopping { return }
        pause = body()
      }
    }
    state.withLock { $0.thread = thread }
  }

  /// Whether ``stop()`` was called: for a call that takes long.
  public var isStopping: Bool { state.withLock { $0.isStopping } }

  /// Waits for the call under way; there is none after it.
  public func stop() {
    let thread = state.withLock { state in
      state.isStopping = true
      defer { state.thread = nil }
      return state.thread
    }
    signal.notify()
    thread?.join()
  }
}
