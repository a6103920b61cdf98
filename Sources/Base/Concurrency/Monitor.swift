import Synchronization

/// State that several threads share, some of which wait for it to become what they need.
public final class Monitor<State>: Sendable where State: Sendable {
  private let state: Mutex<State>
  private let changed = Signal()

  public init(_ state: State) { self.state = Mutex(state) }

  /// Looks at the state.
  public func read<R: Sendable>(_ body: (State) -> R) -> R { state.withLock { body($0) } }

  /// Changes the state and wakes whoever waits.
  @discardableResult
  public func update<R: Sendable, E: Error>(_ body: (inout State) throws(E) -> R) throws(E) -> R {
    defer { changed.notify() }
    return try state.withLock { (state) throws(E) in try body(&state) }
  }

  /// Waits until `body`, which may change the state, gives a value.
  ///
  /// - Parameter deadline: nanoseconds of the monotonic clock; `nil` is given after it.
  public func wait<R: Sendable>(until deadline: UInt64? = nil, _ body: (inout State) -> R?) -> R? {
    while true {
      let generation = changed.generation
      if let result = state.withLock({ body(&$0) }) {
        changed.notify()
        return result
      }
      if let deadline, MonotonicClock.nanoseconds >= deadline { return nil }
      changed.wait(after: generation, until: deadline)
    }
  }
}
