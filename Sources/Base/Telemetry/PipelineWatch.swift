import Concurrency
import JSON
import Synchronization

/// Looks at the stages of all parts several times in a second, and so knows since when each stands where it is and waits for
/// what it waits for. It says whether the node is ready: every part can do its work, and blocks are made where there is
/// something to make them of.
public final class PipelineWatch: Service {
  /// What was seen of a stage; times are nanoseconds of the monotonic clock.
  private struct Sight {
    var lag: Lag
    /// When the position changed last.
    var moved: UInt64
    /// Since when it waits for what it waits for, at whatever positions.
    var waits: UInt64
  }

  /// The stage without which a chain stands still.
  private static let production = "production"

  public let name = "pipeline_watch"
  private let services: ServiceList
  private let interval: UInt64
  /// How long blocks may be held back before the node is not ready.
  private let patience: UInt64
  private let now: @Sendable () -> UInt64
  private let sights = Mutex<[String: Sight]>([:])
  private let ending = Signal()
  private let thread = Mutex<ServiceThread?>(nil)
  private let isEnding = Mutex(false)

  /// - Parameters:
  ///   - patience: how long block production may stand still for somebody before the node is not ready.
  ///   - now: a monotonic clock, in nanoseconds.
  public init(
    _ services: ServiceList, interval: Duration = .milliseconds(200), patience: Duration = .seconds(2),
    now: @escaping @Sendable () -> UInt64 = { MonotonicClock.nanoseconds }
  ) {
    self.services = services
    self.interval = interval.nanoseconds
    self.patience = patience.nanoseconds
    self.now = now
  }

  // MARK: Service

  public func start() {
    let watching = ServiceThread { [self] in
      while true {
        let generation = ending.generation
        if isEnding.withLock({ $0 }) { return }
        look()
        ending.wait(after: generation, until: MonotonicClock.nanoseconds + interval)
      }
    }
    thread.withLock { $0 = watching }
  }

  public func stop() {
    isEnding.withLock { $0 = true }
    ending.notify()
    thread.withLock { $0.take() }?.join()
  }

  public var health: Health { .ready }

  // MARK: Looking

  private struct Seen {
    var stage: Stage
    var moved: UInt64
    var waits: UInt64
  }

  /// Looks now; what is seen.
  @discardableResult
  private func look() -> [Seen] {
    var stages = services.stages
    // Parts start with those who take blocks, blocks come from who starts last.
    if let first = stages.firstIndex(where: { $0.name == Self.production }) {
      stages.insert(stages.remove(at: first), at: 0)
    }
    let time = now()
    return sights.withLock { sights in
      stages.map { stage in
        var sight = sights[stage.name] ?? Sight(lag: stage.lag, moved: time, waits: time)
        if sight.lag.position != stage.lag.position { sight.moved = time }
        if sight.lag.waitingFor != stage.lag.waitingFor { sight.waits = time }
        sight.lag = stage.lag
        sights[stage.name] = sight
        return Seen(stage: stage, moved: sight.moved, waits: sight.waits)
      }
    }
  }

  /// Why the node cannot do its work, one line a reason; empty while it can.
  package var obstacles: [String] {
    let seen = look()
    let time = now()
    var reasons = services.reports.compactMap { report -> String? in
      guard case .notReady(let reason) = report.health else { return nil }
      return "\(report.name): \(reason)"
    }
    if reasons.isEmpty, services.phase != .running { reasons.append("the node is not running") }
    guard let production = seen.first(where: { $0.stage.name == Self.production }),
      production.stage.lag.waitingFor != nil, time >= max(production.moved, production.waits) + patience
    else { return reasons }
    for each in seen {
      guard let reason = each.stage.lag.waitingFor else { continue }
      let verb = each.stage.name.hasSuffix("s") ? "wait" : "waits"
      reasons.append("\(each.stage.name) \(verb) for \(reason) since \(Self.moment(each.waits, now: time))")
    }
    return reasons
  }

  // MARK: JSON

  /// What `/status/ready` answers, and whether the answer is yes.
  public var readiness: (isReady: Bool, json: String) {
    let obstacles = obstacles
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("status")
    writer.string(obstacles.isEmpty ? "ready" : "not_ready")
    writer.phase(services.phase, now: now())
    writer.key("reasons")
    writer.beginArray()
    for reason in obstacles { writer.string(reason) }
    writer.endArray()
    writer.endObject()
    return (obstacles.isEmpty, String(decoding: writer.bytes, as: UTF8.self))
  }

  /// What `/status/pipeline` answers: where the node is as a whole, and every stage, in the order in which blocks go through.
  public var pipelineJSON: String {
    let seen = look()
    let time = now()
    var writer = JSONWriter()
    writer.beginObject()
    writer.phase(services.phase, now: time)
    writer.key("stages")
    writer.beginArray()
    for each in seen {
      writer.beginObject()
      writer.key("name")
      writer.string(each.stage.name)
      writer.key("unit")
      writer.string(each.stage.unit.rawValue)
      writer.key("position")
      writer.number(each.stage.lag.position)
      writer.key("target")
      writer.number(each.stage.lag.target)
      writer.key("lag")
      writer.number(each.stage.lag.blocks)
      writer.key("moved")
      writer.string(Self.moment(each.moved, now: time))
      writer.key("waiting_for")
      if let reason = each.stage.lag.waitingFor { writer.string(reason) } else { writer.null() }
      writer.key("since")
      if each.stage.lag.waitingFor != nil { writer.string(Self.moment(each.waits, now: time)) } else { writer.null() }
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// A moment of the monotonic clock as one of the calendar.
  private static func moment(_ moment: UInt64, now: UInt64) -> String {
    let nanoseconds = CalendarClock.nanoseconds
    let ago = now > moment ? now - moment : 0
    let microseconds = (nanoseconds > ago ? nanoseconds - ago : 0) / 1_000
    return Timestamp(seconds: Int(microseconds / 1_000_000), microseconds: Int(microseconds % 1_000_000)).description
  }
}

extension JSONWriter {
  /// The members that say where the node is as a whole.
  fileprivate mutating func phase(_ phase: ServiceList.Phase, now: UInt64) {
    key("state")
    switch phase {
    case .starting: string("starting" as StaticString)
    case .running: string("running" as StaticString)
    case .stopping: string("stopping" as StaticString)
    case .recovering(let recovery):
      string("recovering" as StaticString)
      let rate = recovery.rate(now: now)
      key("block")
      number(recovery.block)
      key("of")
      number(recovery.of)
      key("blocks_per_second")
      number(UInt64(rate))
      key("seconds_left")
      if rate > 0 {
        number(UInt64(Double(recovery.of > recovery.block ? recovery.of - recovery.block : 0) / rate))
      } else {
        null()
      }
    }
  }
}
