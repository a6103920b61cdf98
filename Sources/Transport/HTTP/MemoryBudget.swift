import NIOCore
import Synchronization

/// The memory that the clients of a server make it hold: what has come of requests that are not whole, requests that wait
/// or are in work, and responses that are not yet taken.
///
/// What has come is counted, even beyond the limit; when the limit is reached nothing more is *read* that would add to it.
/// Small requests go on: a connection of which nothing, or little, is held may always read one more piece. So the server
/// holds at most the limit and ``untouched`` plus one piece for each connection.
///
/// Nothing can block for ever. Whole requests never wait for the budget; they are answered and give back what they hold.
/// What waits is a connection in the middle of a request, in the order in which they came to wait; one that has waited for
/// `memoryWait` is refused and gives back what has come of its request, so that even where the budget is full of halves of
/// requests the others go on. A client that does not send the rest, or does not take its response, is cut off by its own
/// time limit. (What a client has sent before it leaves is read with its leaving, and forgotten with it.)
public final class MemoryBudget: Sendable {
  private struct Waiters {
    var queue: [(ticket: UInt64, loop: any EventLoop, wake: @Sendable () -> Void)] = []
    var lastTicket: UInt64 = 0
  }

  /// What a connection may hold and still read on when the budget is spent.
  static let untouched = 65_536
  /// The most that comes with one read.
  static let piece = 65_536

  public let limit: Int
  private let held = Atomic<Int>(0)
  private let waiters = Mutex(Waiters())
  /// How many wait, so that giving back costs nothing where nobody does.
  private let waiting = Atomic<Int>(0)

  public init(limit: Int) { self.limit = limit }

  /// Bytes held now.
  public var used: Int { held.load(ordering: .sequentiallyConsistent) }

  /// Whether there is room for `bytes` more.
  public func hasRoom(for bytes: Int = 1) -> Bool { used + bytes <= limit }

  func take(_ bytes: Int) { held.add(bytes, ordering: .sequentiallyConsistent) }

  func giveBack(_ bytes: Int) {
    guard bytes != 0 else { return }
    held.subtract(bytes, ordering: .sequentiallyConsistent)
    if waiting.load(ordering: .sequentiallyConsistent) > 0 { wake() }
  }

  /// Calls `wake` on `loop`, once, when there may be room again.
  func wait(on loop: any EventLoop, _ wake: @escaping @Sendable () -> Void) -> UInt64 {
    let ticket = waiters.withLock { waiters in
      waiters.lastTicket += 1
      waiters.queue.append((waiters.lastTicket, loop, wake))
      return waiters.lastTicket
    }
    waiting.add(1, ordering: .sequentiallyConsistent)
    // What was given back just before found nobody waiting.
    if hasRoom() { self.wake() }
    return ticket
  }

  /// Waits no longer.
  func cancel(_ ticket: UInt64) {
    let isRemoved = waiters.withLock { waiters in
      guard let index = waiters.queue.firstIndex(where: { $0.ticket == ticket }) else { return false }
      waiters.queue.remove(at: index)
      return true
    }
    if isRemoved { waiting.subtract(1, ordering: .sequentiallyConsistent) }
  }

  /// Wakes those who have waited longest, as many as there is room for.
  private func wake() {
    guard hasRoom() else { return }
    let room = max(1, (limit - used) / Self.piece)
    let woken = waiters.withLock { waiters in
      let count = min(room, waiters.queue.count)
      defer { waiters.queue.removeFirst(count) }
      return Array(waiters.queue[..<count])
    }
    waiting.subtract(woken.count, ordering: .sequentiallyConsistent)
    for waiter in woken { waiter.loop.execute(waiter.wake) }
  }
}
