import Chain
import Concurrency
import Logging
import Mempool
import Primitives
import Synchronization
import Telemetry

/// A line in the log every ten seconds in which the chain moved or transactions wait: where it is, how fast, and which
/// parts are behind. An idle node says nothing.
final class StatusLine: Service {
  let name = "status_line"
  private let stream: BlockStream
  private let pool: Mempool
  private let transactions: Counter
  private let services: ServiceList
  private let log = Logger(label: "node")
  private let signal = Signal()
  private let control = Mutex<(thread: ServiceThread?, isStopping: Bool)>((nil, false))

  private static let seconds: UInt64 = 10

  /// - Parameters:
  ///   - transactions: how many were executed.
  ///   - services: whose lags are said.
  init(_ stream: BlockStream, _ pool: Mempool, transactions: Counter, services: ServiceList) {
    self.stream = stream
    self.pool = pool
    self.services = services
    self.transactions = transactions
  }

  func start() async throws {
    let thread = ServiceThread { [self] in run() }
    control.withLock { $0.thread = thread }
  }

  func stop() async {
    let thread = control.withLock { control in
      control.isStopping = true
      defer { control.thread = nil }
      return control.thread
    }
    signal.notify()
    thread?.join()
  }

  var health: Health { .ready }

  private func run() {
    var head = stream.head, executed = transactions.value
    while true {
      let generation = signal.generation
      signal.wait(after: generation, until: MonotonicClock.nanoseconds + Self.seconds * 1_000_000_000)
      if control.withLock({ $0.isStopping }) { return }
      let counts = pool.counts
      let now = stream.head, total = transactions.value
      defer { (head, executed) = (now, total) }
      guard now != head || counts.executable > 0 else { continue }
      var metadata: Logger.Metadata = [
        "head": "\(now)", "blocks": "\(now - min(head, now))", "tps": "\((total - executed) / Self.seconds)",
        "executable": "\(counts.executable)", "parked": "\(counts.parked)",
      ]
      for report in services.reports {
        guard let lag = report.lag, lag.blocks > 0 else { continue }
        metadata["\(report.name)Lag"] = "\(lag.blocks)"
      }
      log.info("status", metadata: metadata)
    }
  }
}
