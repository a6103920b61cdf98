import NIOPosix
import Synchronization

/// Threads for work that computes or waits, with a queue that ends.
public final class WorkerPool: Sendable {
  private let threads: NIOThreadPool
  private let waiting = Atomic<Int>(0)
  /// Pieces of work that may be waiting or running.
  public let limit: Int

  public init(threads count: Int, limit: Int = 8_192) {
    threads = NIOThreadPool(numberOfThreads: max(1, count))
    self.limit = limit
    threads.start()
  }

  /// Pieces of work waiting or running now.
  public var load: Int { waiting.load(ordering: .relaxed) }

  /// Runs `work` on a thread of the pool; `false`, and `work` is dropped, where the queue is full.
  public func submit(_ work: @escaping @Sendable () -> Void) -> Bool {
    guard waiting.add(1, ordering: .relaxed).newValue <= limit else {
      waiting.subtract(1, ordering: .relaxed)
      return false
    }
    threads.submit { state in
      if case .active = state { work() }
      self.waiting.subtract(1, ordering: .relaxed)
    }
    return true
  }

  /// Lets the running work end, drops the waiting, and ends the threads.
  public func shutdown() async { try? await threads.shutdownGracefully() }
}
