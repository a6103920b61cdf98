import JSON
import Synchronization
import Telemetry
import Testing

@Suite("The watch over the stages")
struct PipelineWatchTests {
  /// A part with one stage, and what is said of it.
  final class Part: Service {
    struct Words {
      var lag = Lag(position: 7, target: 9)
      var health = Health.ready
      var recovery: Recovery?
    }

    let name = "sequencer"
    let words = Mutex(Words())
    let whileStarting: @Sendable (Part) -> Void

    init(whileStarting: @escaping @Sendable (Part) -> Void = { _ in }) { self.whileStarting = whileStarting }

    func start() { whileStarting(self) }
    func stop() {}
    var health: Health { words.withLock { $0.health } }
    var stages: [Stage] { [Stage("production", words.withLock { $0.lag })] }
    var recovery: Recovery? { words.withLock { $0.recovery } }
  }

  /// A clock that stands still until it is moved.
  final class Clock: Sendable {
    private let value = Mutex<UInt64>(1_000_000_000)
    var now: UInt64 { value.withLock { $0 } }
    func advance(seconds: UInt64) { value.withLock { $0 += seconds * 1_000_000_000 } }
  }

  @Test("A node whose blocks are held back is not ready, until they go on")
  func hold() async throws {
    let list = ServiceList(), part = Part(), clock = Clock()
    let watch = PipelineWatch(list, patience: .seconds(2), now: { clock.now })
    list.add(part)
    try await list.start()
    #expect(watch.obstacles == [])
    part.words.withLock { $0.lag.waitingFor = "settlement" }
    #expect(watch.readiness.isReady)
    clock.advance(seconds: 3)
    let reasons = watch.obstacles
    #expect(reasons.count == 1 && reasons[0].hasPrefix("production waits for settlement since "))
    let answer = try JSONValue(parsing: Array(watch.readiness.json.utf8))
    #expect(answer["status"]?.string == "not_ready" && answer["state"]?.string == "running")
    // Slowed down is not standing still.
    part.words.withLock { $0.lag.position = 8 }
    #expect(watch.readiness.isReady)
    clock.advance(seconds: 3)
    #expect(!watch.readiness.isReady)
    part.words.withLock { $0.lag.waitingFor = nil }
    #expect(watch.readiness.isReady)
    part.words.withLock { $0.health = .notReady("closed") }
    #expect(watch.obstacles == ["sequencer: closed"])
  }

  @Test("Every stage says where it is, what it waits for, and since when")
  func pipeline() async throws {
    let list = ServiceList(), part = Part(), clock = Clock()
    let watch = PipelineWatch(list, now: { clock.now })
    list.add(part)
    try await list.start()
    func stage() throws -> JSONValue {
      try #require(try JSONValue(parsing: Array(watch.pipelineJSON.utf8))["stages"]?.elements?.first)
    }
    let first = try stage()
    #expect(first["name"]?.string == "production" && first["unit"]?.string == "block")
    #expect(first["position"]?.unsignedInteger == 7 && first["lag"]?.unsignedInteger == 2)
    #expect(first["waiting_for"]?.isNull == true && first["since"]?.isNull == true)
    part.words.withLock { $0.lag.waitingFor = "the \"disk\"" }
    let waiting = try stage()
    #expect(waiting["waiting_for"]?.string == "the \"disk\"")
    let since = try #require(waiting["since"]?.string)
    #expect(since.hasPrefix("20") && since.hasSuffix("Z"))
  }

  @Test("A node is not ready before all of it runs, and says how far it has come")
  func phases() async throws {
    let list = ServiceList(), clock = Clock(), seen = Mutex<[String]>([])
    let watch = PipelineWatch(list, now: { clock.now })
    try await list.addStarted(Part())
    #expect(list.phase == .starting)
    #expect(watch.obstacles == ["node: opening the databases"])
    list.add(
      Part { part in
        part.words.withLock { $0.recovery = Recovery(from: 10, block: 30, of: 50, began: clock.now) }
        clock.advance(seconds: 10)
        seen.withLock { $0 = [watch.pipelineJSON, watch.readiness.json] }
        part.words.withLock { $0.recovery = nil }
      })
    try await list.start()
    for text in seen.withLock({ $0 }) {
      let answer = try JSONValue(parsing: Array(text.utf8))
      #expect(answer["state"]?.string == "recovering")
      #expect(answer["block"]?.unsignedInteger == 30 && answer["of"]?.unsignedInteger == 50)
      #expect(answer["blocks_per_second"]?.unsignedInteger == 2 && answer["seconds_left"]?.unsignedInteger == 10)
    }
    #expect(watch.readiness.isReady && list.phase == .running)
    await list.stop()
    #expect(!watch.readiness.isReady && list.phase == .stopping)
  }
}
