import Chain
import Concurrency
import Files
import Logging
import Synchronization
import Telemetry

/// Keeps block production from filling the disk: below a reserve no block is begun, and production goes on once there is
/// room again. What was accepted is written still, for which the reserve is there.
///
/// RocksDB ends the process in the middle of its work, or with a backtrace at the next start, where a disk is full.
final class DiskSpace: Service {
  private struct State {
    /// Bytes; `nil` where the system does not say.
    var free: UInt64?
    var isShort = false
    /// A follower who is done with nothing more: what block production waits for.
    var hold: BlockFollower?
  }

  let name = "disk"
  private let reserve: UInt64
  private let stream: BlockStream
  private let measure: @Sendable () -> UInt64?
  private let log = Logger(label: "disk")
  private let periodic = PeriodicThread()
  private let state = Mutex(State())

  private static let interval = Duration.seconds(1)

  /// - Parameters:
  ///   - reserve: bytes that stay free; 0 for none.
  ///   - measure: the bytes that are free now.
  init(reserve: UInt64, stream: BlockStream, registry: MetricsRegistry, measure: @escaping @Sendable () -> UInt64?) {
    self.reserve = reserve
    self.stream = stream
    self.measure = measure
    registry.gauge("disk_free_bytes", "Bytes that are free where the databases are") {
      measure().map { Double($0) } ?? .nan
    }
    registry.gauge("disk_reserve_bytes", "Bytes that must be free for block production").set(reserve)
  }

  /// Refuses to start where there is less than the reserve: opening databases writes.
  static func check(_ path: String, reserve: UInt64) throws(StartError) {
    guard let free = Files.freeBytes(path), free < reserve else { return }
    throw .noSpace(path: path, free: free, reserve: reserve)
  }

  func start() async throws {
    look()
    periodic.start(after: Self.interval) { [self] in
      look()
      return Self.interval
    }
  }

  func stop() async {
    periodic.stop()
    state.withLock { state in
      state.hold?.close()
      state.hold = nil
    }
  }

  var health: Health {
    state.withLock { state in
      guard state.isShort, let free = state.free else { return .ready }
      return .notReady("\(free) bytes are free, and block production waits until \(reserve) are")
    }
  }

  /// Measures, and holds block production back or lets it go on.
  func look() {
    let free = measure()
    let isShort = free.map { $0 < reserve } ?? false
    let changed = state.withLock { state in
      state.free = free
      guard isShort != state.isShort, !periodic.isStopping else { return false }
      state.isShort = isShort
      state.hold?.close()
      let head = stream.head
      state.hold = isShort ? stream.follow(name, after: head, finished: 0, maxLag: 0) : nil
      return true
    }
    guard changed else { return }
    stream.wake()
    let bytes: Logger.Metadata = ["free": "\(free ?? 0)", "reserve": "\(reserve)"]
    if isShort {
      log.error("the disk is nearly full: no further block is begun", metadata: bytes)
    } else {
      log.info("there is room on the disk again", metadata: bytes)
    }
  }
}
