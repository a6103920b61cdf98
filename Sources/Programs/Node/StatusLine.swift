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
  private let periodic = PeriodicThread()
  /// Where the chain was, and what was executed, at the last look.
  private let last = Mutex<(head: UInt64, executed: UInt64)>((0, 0))

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
    last.withLock { $0 = (stream.head, transactions.value) }
    periodic.start(after: .seconds(Self.seconds)) { [self] in
      look()
      return .seconds(Self.seconds)
    }
  }

  func stop() async { periodic.stop() }

  var health: Health { .ready }

  private func look() {
    let counts = pool.counts
    let now = stream.head, total = transactions.value
    let (head, executed) = last.withLock { last in
      defer { last = (now, total) }
      return last
    }
    guard now != head || counts.executable > 0 else { return }
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
