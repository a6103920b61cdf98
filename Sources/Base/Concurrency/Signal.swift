import Glibc

/// Lets one thread sleep until another has news for it, without missing news that came just before it fell asleep.
///
/// The sleeper notes ``generation``, looks for work, and if there is none waits for a later generation.
///
/// `@unchecked Sendable`: the counter is only touched under the mutex, and both objects stay where they are.
public final class Signal: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var count: UInt64 = 0
  private var sleepers = 0

  public init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // Deadlines must not move when somebody sets the wall clock.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// How much news there has been.
  public var generation: UInt64 {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return count
  }

  /// There is news; wakes whoever sleeps.
  public func notify() {
    pthread_mutex_lock(mutex)
    count += 1
    if sleepers > 0 { pthread_cond_broadcast(condition) }
    pthread_mutex_unlock(mutex)
  }

  /// There is news that any one of those who sleep can see to.
  public func notifyOne() {
    pthread_mutex_lock(mutex)
    count += 1
    if sleepers > 0 { pthread_cond_signal(condition) }
    pthread_mutex_unlock(mutex)
  }

  /// Sleeps until there was news after `generation`, or until `deadline`, in nanoseconds of the monotonic clock.
  public func wait(after generation: UInt64, until deadline: UInt64? = nil) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    sleepers += 1
    defer { sleepers -= 1 }
    while count == generation {
      guard let deadline else {
        pthread_cond_wait(condition, mutex)
        continue
      }
      var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
      if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { return }
    }
  }
}
