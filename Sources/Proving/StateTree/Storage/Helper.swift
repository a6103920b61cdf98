#if canImport(Glibc)
  import Glibc
#endif

/// A thread that takes a share of the work of large blocks. It sleeps between jobs.
final class Helper: @unchecked Sendable {
  /// What the two threads share; it outlives whichever of them ends first.
  private final class Shared: @unchecked Sendable {
    var mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    var condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    var job: (() -> Void)?
    var isStopped = false

    init() {
      pthread_mutex_init(mutex, nil)
      pthread_cond_init(condition, nil)
    }

    deinit {
      pthread_cond_destroy(condition)
      pthread_mutex_destroy(mutex)
      condition.deallocate()
      mutex.deallocate()
    }

    func work() {
      pthread_mutex_lock(mutex)
      while true {
        if let job {
          pthread_mutex_unlock(mutex)
          job()
          pthread_mutex_lock(mutex)
          self.job = nil
          pthread_cond_broadcast(condition)
        } else if isStopped {
          break
        } else {
          pthread_cond_wait(condition, mutex)
        }
      }
      pthread_mutex_unlock(mutex)
    }
  }

  private let shared = Shared()
  /// Whether there is a thread; without one, `run` does everything itself.
  private let isRunning: Bool

  init() {
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(shared)
    let code = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Shared>.fromOpaque(argument).takeRetainedValue().work() }
        return nil
      }, argument.toOpaque())
    isRunning = code == 0
    if isRunning { pthread_detach(thread) } else { argument.release() }
  }

  deinit {
    pthread_mutex_lock(shared.mutex)
    shared.isStopped = true
    pthread_cond_broadcast(shared.condition)
    pthread_mutex_unlock(shared.mutex)
  }

  /// Runs `other` on the helper and `own` here, and returns when both are done. One caller at a time.
  func run(_ other: () -> Void, alongside own: () -> Void) {
    guard isRunning else {
      other()
      own()
      return
    }
    withoutActuallyEscaping(other) { other in
      pthread_mutex_lock(shared.mutex)
      shared.job = other
      pthread_cond_broadcast(shared.condition)
      pthread_mutex_unlock(shared.mutex)
      own()
      pthread_mutex_lock(shared.mutex)
      while shared.job != nil { pthread_cond_wait(shared.condition, shared.mutex) }
      pthread_mutex_unlock(shared.mutex)
    }
  }
}
