import Dispatch
import Testing

/// Runs every test of a suite on threads of their own, as many as it needs.
///
/// The concurrency library has as many threads as there are processors. A test that waits in a system call, as all do
/// that read from a `RawSocket`, keeps one of them; two such tests keep all, and the servers that they wait for, which
/// need one, stand still until somebody's time is over.
public struct OffTheCooperativePool: SuiteTrait, TestTrait, TestScoping {
  public var isRecursive: Bool { true }

  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(ThreadOnDemand.shared) { try await function() }
  }
}

extension Trait where Self == OffTheCooperativePool {
  /// For tests that block: see `OffTheCooperativePool`.
  public static var offTheCooperativePool: Self { Self() }
}

/// An executor that has a thread for each job, whatever the others wait for.
private final class ThreadOnDemand: TaskExecutor {
  static let shared = ThreadOnDemand()

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    // A serial queue without a target is one of those for which the system makes threads without a bound.
    DispatchQueue(label: "job of a blocking test").async {
      job.runSynchronously(on: self.asUnownedTaskExecutor())
    }
  }
}
