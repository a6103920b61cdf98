import ChainStorage
import Concurrency
import Files
import Glibc
import Logging
import RocksDB
import StateTree
import Telemetry

/// Looks through everything stored, again and again, slowly: damage that nobody has met yet is found while there are
/// backups, and while the stores that something can be made from again are whole.
///
/// A pass reads the files of all databases, whose checksums are looked at on the way, and then takes block after block:
/// the record, the stored block, what executing it again gives, the state, and the leaves of the tree. It takes a small
/// share of one processor and stands back behind everybody else.
public final class ScrubService: Service {
  public struct Options: Sendable {
    /// Hundredths of one processor's time; 0 where nothing is looked through.
    public var percent = 2
    /// The time between two passes.
    public var pause: Duration = .seconds(3600)

    public init() {}
  }

  private struct State {
    var isStopping = false
    var damages: [StoreDamage.Store: StoreDamage] = [:]
  }

  public let name = "scrub"
  private let storage: ChainStorage
  private let tree: StateTree?
  private let options: Options
  private let metrics: ScrubMetrics
  private let log = Logger(label: "scrub")
  private let state = Monitor(State())
  private let thread = Monitor<ServiceThread?>(nil)

  /// - Parameter tree: `nil` for a node that keeps none.
  public init(storage: ChainStorage, tree: StateTree?, options: Options = Options(), registry: MetricsRegistry) {
    self.storage = storage
    self.tree = tree
    self.options = options
    metrics = ScrubMetrics(registry)
  }

  public func start() {
    guard options.percent > 0 else { return }
    let started = ServiceThread { [self] in
      // On Linux a niceness belongs to a thread; 0 means the calling one.
      setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
      repeat { pass() } while rest(options.pause.nanoseconds)
    }
    thread.update { $0 = started }
  }

  public func stop() {
    state.update { $0.isStopping = true }
    let running = thread.update { thread in
      defer { thread = nil }
      return thread
    }
    running?.join()
  }

  public var health: Health {
    let damages = state.read { state in StoreDamage.Store.allCases.compactMap { state.damages[$0] } }
    return damages.isEmpty ? .ready : .notReady(damages.map(\.description).joined(separator: "; "))
  }

  // MARK: A pass

  private func pass() {
    var found: [StoreDamage.Store: StoreDamage] = [:]
    for store in StoreDamage.Store.allCases where store != .tree {
      if let damage = scan(store) { note(damage, &found) }
    }
    let scrub = BlockScrub(storage)
    var number: UInt64 = 1
    // The newest blocks are left to the next pass: they are on their way to the disk.
    while number <= storage.blocks.flushed.number, number <= storage.state.flushed.number {
      var watch = Stopwatch()
      let outcome = scrub.check(number, executing: true)
      if let damage = outcome.damage {
        note(damage, &found)
      } else {
        metrics.blocks.increment(by: 1)
        if let tree, let damage = scrub.check(outcome.written, in: tree) { note(damage, &found) }
      }
      number += 1
      guard rest(afterWorking: watch.lap()) else { return }
    }
    guard !state.read({ $0.isStopping }) else { return }
    metrics.passes.increment(by: 1)
    // What a whole pass did not find again is gone.
    let damaged = found
    state.update { $0.damages = damaged }
    for store in StoreDamage.Store.allCases { metrics.show(store, isDamaged: found[store] != nil) }
  }

  /// Reads the files of a store. What the node writes and merges meanwhile can look like damage, once; not again and again.
  private func scan(_ store: StoreDamage.Store) -> StoreDamage? {
    let path = storage.directory + "/" + store.folder
    guard Files.exists(path + "/CURRENT") else { return nil }
    var last: StoreDamage?
    for attempt in 1...3 {
      var watch = Stopwatch()
      do throws(RocksDBError) {
        try Database.scan(path: path) { bytes in
          metrics.bytes.increment(by: UInt64(bytes))
          defer { _ = watch.lap() }
          return rest(afterWorking: watch.lap())
        }
        return nil
      } catch {
        last = StoreDamage(store, in: storage.directory, error)
        if last == nil { return nil }
      }
      guard rest(UInt64(attempt) * 500_000_000) else { return nil }
    }
    return last
  }

  private func note(_ damage: StoreDamage, _ found: inout [StoreDamage.Store: StoreDamage]) {
    guard found[damage.store] == nil else { return }
    found[damage.store] = damage
    metrics.show(damage.store, isDamaged: true)
    let isNew = state.update { state in
      defer { state.damages[damage.store] = damage }
      return state.damages[damage.store] == nil
    }
    if isNew { log.critical("damage found", metadata: ["damage": "\(damage)"]) }
  }

  /// Sleeps in proportion to the work done; false where the service stops.
  private func rest(afterWorking nanoseconds: UInt64) -> Bool {
    rest(nanoseconds / UInt64(options.percent) * UInt64(100 - min(100, options.percent)))
  }

  private func rest(_ nanoseconds: UInt64) -> Bool {
    state.wait(until: MonotonicClock.nanoseconds &+ nanoseconds) { $0.isStopping ? true : nil } == nil
  }
}
