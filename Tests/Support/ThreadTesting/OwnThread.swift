import Dispatch

/// Runs what takes long, or waits, on a thread of its own: those of the concurrency library are as few as processors, and every
/// other test waits on them.
public func onOwnThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
  try await withCheckedThrowingContinuation { continuation in
    DispatchQueue.global().async { continuation.resume(with: Result { try body() }) }
  }
}
