import Glibc
import Synchronization

/// A thread of the operating system for work that takes all of it: executing blocks, waiting for the disk. Tasks of the
/// concurrency library share a few threads, which such work would block.
public final class ServiceThread: Sendable {
  private final class Start: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private let thread: Mutex<pthread_t?>

  /// Starts a thread with a stack of eight megabytes.
  ///
  /// - Parameter niceness: how far the thread stands back behind others that want a processor, from 0 to 19.
  public init(niceness: Int32 = 0, _ body: @escaping @Sendable () -> Void) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, 8 << 20)
    defer { pthread_attr_destroy(&attributes) }
    var thread = pthread_t()
    let start = Unmanaged.passRetained(
      Start {
        // On Linux a niceness belongs to a thread; 0 means the calling one.
        if niceness > 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
        body()
      })
    let failure = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        start.body()
        return nil
      }, start.toOpaque())
    precondition(failure == 0, "the system has no thread left")
    self.thread = Mutex(thread)
  }

  /// Waits for the end of the thread, once.
  public func join() {
    guard
      let running = thread.withLock({ thread in
        defer { thread = nil }
        return thread
      })
    else { return }
    pthread_join(running, nil)
  }
}
