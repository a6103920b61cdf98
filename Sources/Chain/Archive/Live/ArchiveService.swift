import Chain
import ChainStorage
import Concurrency
import Glibc
import Logging
import Synchronization
import Telemetry

/// Writes the chain to its archive while it runs: a segment once there are blocks for a whole one, or a block has waited long
/// enough.
///
/// It reads what is durable out of the replay log, on a thread of its own that stands back behind others, and holds nobody up.
/// Where it was it finds out from the archive itself, at the start and after each failure, so that nothing is written twice and
/// nothing is left out, whatever ends the process. An archive that cannot be reached is tried again and again, at longer and
/// longer intervals; the blocks wait in the log.
public final class ArchiveService: Service {
  /// When segments are written.
  public struct Options: Sendable {
    /// How large they become.
    public var segments = ArchiveWriter.Options()
    /// How long a block waits for its segment to be full.
    public var maxAge: Duration = .seconds(60)

    /// As is usual.
    public init() {}
  }

  private struct State {
    var last: UInt64 = 0
    /// When the oldest block was seen that is not in the archive, in nanoseconds of the monotonic clock.
    var oldest: UInt64?
    var failure: String?
    var isStopping = false
    var onProgress: (@Sendable () -> Void)?
  }

  /// How operators know it.
  public let name = "archive"
  private let archive: Archive
  private let replayLog: ReplayLog
  private let stream: BlockStream
  private let options: Options
  private let metrics: ArchiveMetrics
  private let log = Logger(label: "archive")
  private let state: Monitor<State>
  private let thread = Mutex<ServiceThread?>(nil)

  private static let interval: UInt64 = 1_000_000_000
  /// The longest time between two tries, nanoseconds.
  private static let maxPause: UInt64 = 30_000_000_000

  /// - Parameters:
  ///   - archive: where segments go.
  ///   - log: where the records are.
  ///   - stream: says how far the chain is.
  public init(
    _ archive: Archive, log replayLog: ReplayLog, stream: BlockStream, options: Options = Options(),
    registry: MetricsRegistry
  ) {
    self.archive = archive
    self.replayLog = replayLog
    self.stream = stream
    self.options = options
    let state = Monitor(State())
    self.state = state
    metrics = ArchiveMetrics(registry, maxAge: Double(options.maxAge.nanoseconds) / 1e9) {
      let now = MonotonicClock.nanoseconds
      return state.read { $0.oldest }.map { now > $0 ? Double(now - $0) / 1e9 : 0 } ?? 0
    }
  }

  /// Begins to write. An archive that cannot be reached, or is another chain's, keeps no node from starting.
  public func start() {
    let started = ServiceThread(niceness: 10) { [self] in run() }
    thread.withLock { $0 = started }
  }

  /// Writes what there is, in one try, and ends.
  public func stop() {
    state.update { $0.isStopping = true }
    thread.withLock { $0.take() }?.join()
  }

  /// The last block that is in the archive and durable there; 0 before the archive was reached.
  public var last: UInt64 { state.read { $0.last } }

  /// Calls `body`, on the service's thread, when there is more in the archive.
  public func onProgress(_ body: @escaping @Sendable () -> Void) { state.update { $0.onProgress = body } }

  /// Degraded while the archive cannot be written to, with the reason.
  public var health: Health { state.read { $0.failure }.map { .degraded($0) } ?? .ready }

  /// From the last block in the archive to the newest.
  public var lag: Lag? {
    let (last, failure) = state.read { ($0.last, $0.failure) }
    return Lag(position: last, target: stream.head, waitingFor: failure == nil ? nil : "its place to be writable")
  }

  // MARK: The thread

  private func run() {
    var writer: ArchiveWriter?
    var pause = Self.interval
    while true {
      let isStopping = state.read { $0.isStopping }
      do throws(ArchiveError) {
        let open: ArchiveWriter
        if let writer { open = writer } else { open = try self.open() }
        writer = open
        try write(open, all: isStopping)
        pause = min(Self.interval, options.maxAge.nanoseconds)
        succeed()
      } catch {
        // Where the archive ends is found out anew: nobody knows how far the failure came.
        writer = nil
        fail(error)
        pause = min(max(pause, Self.interval / 10) * 2, Self.maxPause)
      }
      if isStopping { return }
      _ = state.wait(until: MonotonicClock.nanoseconds &+ pause) { $0.isStopping ? true : nil }
    }
  }

  private func open() throws(ArchiveError) -> ArchiveWriter {
    let writer = try ArchiveWriter(archive, log: replayLog, options: options.segments)
    note(writer.last)
    return writer
  }

  /// Writes whole segments, and the rest where a block of it has waited long enough.
  private func write(_ writer: ArchiveWriter, all: Bool) throws(ArchiveError) {
    let head = stream.head
    let now = MonotonicClock.nanoseconds
    note(writer.last, head: head)
    try writer.check()
    let isOld = state.read { $0.oldest }.map { now >= $0 &+ options.maxAge.nanoseconds } ?? false
    while writer.last < head, all || isOld || head - writer.last >= options.segments.blocks {
      guard let written = try writer.writeNext(through: head) else { return }
      metrics.segments.increment(by: 1)
      metrics.bytes.increment(by: UInt64(written.fileBytes))
      note(writer.last, head: head, since: now)
      log.info(
        "archived",
        metadata: [
          "blocks": "\(written.name.first)-\(written.name.last)", "bytes": "\(written.fileBytes)",
          "digest": "\(written.digest)",
        ])
    }
  }

  /// The archive ends with block `last`.
  ///
  /// - Parameters:
  ///   - head: a block that the chain has.
  ///   - since: when the oldest one after `last` was seen, where others were the oldest before.
  private func note(_ last: UInt64, head: UInt64? = nil, since: UInt64? = nil) {
    metrics.lastBlock.set(last)
    let head = head ?? stream.head
    let (isMore, handler) = state.update { state in
      let isMore = last > state.last
      state.last = last
      if last >= head {
        state.oldest = nil
      } else if let since {
        state.oldest = since
      } else if state.oldest == nil {
        state.oldest = MonotonicClock.nanoseconds
      }
      return (isMore, state.onProgress)
    }
    if isMore { handler?() }
  }

  private func succeed() {
    let was = state.update { state in
      defer { state.failure = nil }
      return state.failure
    }
    if was != nil { log.info("the archive is written to again") }
  }

  private func fail(_ error: ArchiveError) {
    metrics.errors.increment(by: 1)
    // Blocks wait also while nobody could say yet where the archive ends.
    state.update { state in
      state.failure = error.description
      if state.oldest == nil, stream.head > state.last { state.oldest = MonotonicClock.nanoseconds }
    }
    log.error("the archive is not written to: tried again", metadata: ["reason": "\(error)"])
  }
}
