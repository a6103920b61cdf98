import Chain
import Logging
import Telemetry

/// Between block production and whoever serves clients: waits, at the start of a new chain, for the block that executes
/// what L1 requested before anything else. Without it the first clients would be told that the accounts which it funds are
/// empty.
final class FirstBlock: Service {
  /// Where no block comes, for a reason that health and log say, clients are served what there is.
  private static let patience = Duration.seconds(10)

  let name = "first_block"
  private let stream: BlockStream
  private let producer: any Service
  private let log = Logger(label: "node")

  init(_ stream: BlockStream, madeBy producer: any Service) {
    self.stream = stream
    self.producer = producer
  }

  func start() async throws {
    let end = ContinuousClock.now + Self.patience
    while stream.head == 0, producer.health == .ready, ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(2))
    }
    if stream.head == 0 { log.warning("clients are served before there is a block") }
  }

  func stop() async {}

  var health: Health { .ready }
}
