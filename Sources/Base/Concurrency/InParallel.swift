import Synchronization

/// Calls `body` with every number from 0 to `count` - 1, on several threads of the operating system, and waits for the last call.
///
/// Numbers are handed out in their order, so that long calls should come first. For work that takes processors, from a thread that
/// may wait: tasks of the concurrency library may not.
///
/// - Parameter threads: how many threads there are, the caller's among them; 1 or less means only the caller's.
public func inParallel(_ count: Int, threads: Int, _ body: @Sendable (Int) -> Void) {
  let next = Atomic(0)
  withoutActuallyEscaping(body) { body in
    @Sendable func work() {
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        body(index)
      }
    }
    let others = (1..<max(1, min(threads, count))).map { _ in ServiceThread(work) }
    work()
    for thread in others { thread.join() }
  }
}
