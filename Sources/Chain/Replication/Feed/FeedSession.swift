import ChainStorage
import Concurrency
import HTTP
import Synchronization

/// One follower: its place in the chain, and the thread that reads the log for it.
final class FeedSession: Sendable {
  private struct State {
    /// The next block that it gets.
    var next: UInt64
    /// Why it is let go; `nil` while it is not.
    var reason: String?
    /// When it last took something, in nanoseconds of the monotonic clock.
    var progress = MonotonicClock.nanoseconds
    /// How far it was behind when that was last looked at, and when.
    var backlog: (blocks: UInt64, at: UInt64)
    var thread: ServiceThread?
  }

  /// Bytes that are sent at once, about.
  private static let pieceBytes = 256 << 10
  /// A follower this far behind is catching up, with others' good; a new block concerns everybody.
  private static let oldAfter: UInt64 = 64
  /// One that is farther behind than this may not fall back any more.
  private static let mostBacklog: UInt64 = 10_000
  /// Over which time.
  private static let backlogTime: UInt64 = 60_000_000_000
  private static let heartbeat: UInt64 = 1_000_000_000

  let peer: String
  private let source: FeedSource
  private let bytesPerSecond: Int
  private let metrics: FeedMetrics
  private let cancellation: Cancellation
  private let onEnd: @Sendable () -> Void
  private let state: Mutex<State>

  init(
    _ source: FeedSource, from: UInt64, peer: String, bytesPerSecond: Int, metrics: FeedMetrics,
    cancellation: Cancellation, onEnd: @escaping @Sendable () -> Void
  ) {
    self.source = source
    self.peer = peer
    self.bytesPerSecond = bytesPerSecond
    self.metrics = metrics
    self.cancellation = cancellation
    self.onEnd = onEnd
    let head = source.stream.head
    state = Mutex(
      State(next: from, backlog: (head >= from ? head - from + 1 : 0, MonotonicClock.nanoseconds)))
  }

  var next: UInt64 { state.withLock { $0.next } }

  /// Why it was let go, where it was.
  var reason: String? { state.withLock { $0.reason } }

  /// Sends until the follower leaves, or is let go.
  func run(_ stream: OutgoingStream) {
    let thread = ServiceThread { [self] in
      let last = follow(stream)
      stream.end(ByteBuffer(bytes: last))
      onEnd()
    }
    state.withLock { $0.thread = thread }
  }

  /// Lets the follower go.
  func end(_ reason: String) {
    state.withLock { if $0.reason == nil { $0.reason = reason } }
    cancellation.cancel(.shutdown)
    source.stream.wake()
  }

  func join() { state.withLock { $0.thread }?.join() }

  /// Lets the follower go that takes nothing, or falls behind although it had time to catch up.
  func look(at head: UInt64, patience: Duration) {
    let now = MonotonicClock.nanoseconds
    let fault = state.withLock { state -> String? in
      if now > state.progress, now - state.progress > patience.nanoseconds { return "it takes nothing" }
      guard now - min(now, state.backlog.at) > Self.backlogTime else { return nil }
      let backlog = head >= state.next ? head - state.next + 1 : 0
      defer { state.backlog = (backlog, now) }
      return backlog > Self.mostBacklog && backlog > state.backlog.blocks
        ? "it falls behind farther and farther: it has to begin with the archive or a checkpoint" : nil
    }
    guard let fault else { return }
    metrics.dropped.increment()
    end(fault)
  }

  // MARK: The thread

  /// Sends; what is to be sent at last.
  private func follow(_ stream: OutgoingStream) -> [UInt8] {
    let hello = FeedFrame.hello(FeedHello(chainID: source.chainID, genesisHash: source.genesisHash))
    var piece = hello.encode() + FeedFrame.position(source.position()).encode()
    var positionDue = MonotonicClock.nanoseconds + Self.heartbeat
    var allowance = CatchUpAllowance(bytesPerSecond: bytesPerSecond)
    var next = self.next
    while true {
      if !piece.isEmpty {
        guard stream.send(ByteBuffer(bytes: piece), cancellation: cancellation) else { return [] }
        metrics.bytes.increment(by: UInt64(piece.count))
        piece.removeAll(keepingCapacity: true)
      }
      let now = MonotonicClock.nanoseconds
      state.withLock { state in
        state.next = next
        state.progress = now
      }
      if cancellation.isCancelled { return [] }
      if now >= positionDue {
        piece += FeedFrame.position(source.position()).encode()
        positionDue = now + Self.heartbeat
      }
      let head = source.stream.head
      // Blocks were taken back: the follower asks again, and is told which.
      if head + 1 < next { return piece }
      guard next <= head else {
        if piece.isEmpty {
          source.stream.waitForHead(after: head, until: positionDue, unless: { cancellation.isCancelled })
        }
        continue
      }
      do throws(StorageError) {
        while next <= head, piece.count < Self.pieceBytes {
          guard let record = try source.log.rawRecord(next) else { return piece }
          piece += FeedFrame.record(record).encode()
          next += 1
          metrics.blocks.increment()
        }
      } catch {
        end("the log cannot be read: \(error)")
        return piece
      }
      if head - min(head, next) > Self.oldAfter { allowance.wait(for: piece.count, unless: cancellation) }
    }
  }
}

/// Holds back whoever catches up to so many bytes a second.
private struct CatchUpAllowance {
  let bytesPerSecond: Int
  /// When what was sent so far would have been sent at that rate.
  private var due: UInt64 = 0

  init(bytesPerSecond: Int) { self.bytesPerSecond = bytesPerSecond }

  mutating func wait(for bytes: Int, unless cancellation: Cancellation) {
    let now = MonotonicClock.nanoseconds
    // A second's worth may be sent at once.
    due = max(due, now > 1_000_000_000 ? now - 1_000_000_000 : 0)
    due += UInt64(bytes) * 1_000_000_000 / UInt64(max(1, bytesPerSecond))
    while !cancellation.isCancelled {
      let now = MonotonicClock.nanoseconds
      guard due > now else { return }
      let pause = Signal()
      pause.wait(after: pause.generation, until: min(due, now + 50_000_000))
    }
  }
}
