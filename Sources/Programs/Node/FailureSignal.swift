/// Carries the first failure of a thread to the task that waits for it.
final class FailureSignal: Sendable {
  private let stream: AsyncStream<String>
  private let continuation: AsyncStream<String>.Continuation

  init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1)) }

  func raise(_ reason: String) { continuation.yield(reason) }

  func reason() async -> String {
    for await reason in stream { return reason }
    // The stream never ends by itself; a cancelled wait has no reason to give.
    return "cancelled"
  }
}
