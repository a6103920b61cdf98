import JSON
import Synchronization
import Telemetry
import Testing

@Suite("The list of services")
struct ServiceListTests {
  /// What happened to services, in order.
  final class Record: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
  }

  struct Refusal: Error, Equatable {}

  final class Part: Service {
    let name: String
    let health: Health
    let lag: Lag?
    private let record: Record
    private let refuses: Bool

    init(_ name: String, _ record: Record, health: Health = .ready, lag: Lag? = nil, refuses: Bool = false) {
      self.name = name
      self.record = record
      self.health = health
      self.lag = lag
      self.refuses = refuses
    }

    func start() throws {
      record.add("start \(name)")
      if refuses { throw Refusal() }
    }

    func stop() { record.add("stop \(name)") }
  }

  @Test("Parts start in order and stop in reverse, once")
  func order() async throws {
    let record = Record(), list = ServiceList()
    for name in ["a", "b", "c"] { list.add(Part(name, record)) }
    #expect(list.reports.map(\.health) == Array(repeating: .notReady("waits for those before it to start"), count: 3))
    try await list.start()
    #expect(ServiceList.isReady(list.reports))
    await list.stop()
    await list.stop()
    #expect(record.all == ["start a", "start b", "start c", "stop c", "stop b", "stop a"])
    #expect(list.reports.map(\.health) == Array(repeating: .notReady("stopped"), count: 3))
  }

  @Test("Work that comes before the parts is told as their recovery is")
  func early() {
    let list = ServiceList(), repair = Recovery(from: 0, block: 3, of: 7, began: 1)
    #expect(list.phase == .starting && list.recovery == nil)
    list.note(early: repair)
    #expect(list.phase == .recovering(repair) && list.recovery == repair)
    list.note(early: nil)
    #expect(list.phase == .starting && list.recovery == nil)
  }

  @Test("A part that cannot start stops those that run, and its error is the one that is thrown")
  func refusal() async throws {
    let record = Record(), list = ServiceList()
    list.add(Part("a", record))
    list.add(Part("b", record, refuses: true))
    list.add(Part("c", record))
    await #expect(throws: Refusal.self) { try await list.start() }
    #expect(record.all == ["start a", "start b", "stop a"])
  }

  @Test("What parts say of themselves is served as JSON and as metrics")
  func reports() async throws {
    let record = Record(), list = ServiceList(), registry = MetricsRegistry()
    list.add(Part("chain", record, lag: Lag(position: 5, target: 9, waitingFor: "the \"disk\"")))
    list.add(Part("rpc", record, health: .degraded("slow")))
    try await list.start()
    list.show(in: registry)
    #expect(registry.exposition.contains("service_lag_blocks{service=\"chain\"} 4\n"))
    #expect(registry.exposition.contains("service_position_block{service=\"chain\"} 5\n"))
    #expect(!registry.exposition.contains("service=\"rpc\""))
    let status = try JSONValue(parsing: Array(ServiceList.statusJSON(list.reports).utf8))
    #expect(status["status"]?.string == "ready")
    let services = try #require(status["services"]?.elements)
    #expect(services.map { $0["name"]?.string } == ["chain", "rpc"])
    #expect(services[0]["lag"]?.unsignedInteger == 4)
    #expect(services[0]["waiting_for"]?.string == "the \"disk\"")
    #expect(services[1]["details"]?.string == "slow")
    let health = try JSONValue(parsing: Array(ServiceList.healthJSON(list.reports).utf8))
    #expect(health["components"]?["rpc"]?["status"]?.string == "degraded")
  }
}
