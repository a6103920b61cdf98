import Concurrency
import Synchronization

/// Runs a step of a service again and again on a task of its own, with a pause after each that the step decides on.
///
/// The step is a function that a test calls by itself; this is all that makes a service of it.
public final class StepLoop: Sendable {
  private let step: @Sendable () async -> Duration
  private let task = Mutex<Task<Void, Never>?>(nil)

  /// - Parameter step: answers when to come again.
  public init(_ step: @escaping @Sendable () async -> Duration) { self.step = step }

  public func start() {
    task.withLock { task in
      task = Task { [step] in
        while !Task.isCancelled {
          let pause = await step()
          if pause > .zero { try? await Task.sleep(for: pause) } else { await Task.yield() }
        }
      }
    }
  }

  /// Cancels the step that runs, and returns when it has ended.
  public func stop() async {
    let running = task.withLock { task in
      defer { task = nil }
      return task
    }
    running?.cancel()
    await running?.value
  }
}
