import Concurrency
import JSON
import L1Client
import Synchronization

/// An L1 that is far away: each call takes a while longer. It counts the calls.
final class DistantL1: L1Transport {
  private let near: any L1Transport
  private let delay: Duration
  private let total = Atomic<Int>(0)
  /// When the first transaction was sent, on the monotonic clock in nanoseconds; 0 before.
  private let sent = Atomic<UInt64>(0)

  init(_ near: any L1Transport, delay: Duration) {
    self.near = near
    self.delay = delay
  }

  var calls: Int { total.load(ordering: .relaxed) }
  var firstSent: UInt64? {
    let time = sent.load(ordering: .relaxed)
    return time == 0 ? nil : time
  }

  func call(_ method: String, _ parameters: (inout JSONWriter) -> Void) async throws(L1Error) -> JSONValue {
    total.add(1, ordering: .relaxed)
    if method == "eth_sendRawTransaction", firstSent == nil {
      sent.store(MonotonicClock.nanoseconds, ordering: .relaxed)
    }
    do { try await Task.sleep(for: delay) } catch { throw .timedOut }
    return try await near.call(method, parameters)
  }
}
