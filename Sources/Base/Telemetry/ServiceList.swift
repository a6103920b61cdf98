import JSON
import Synchronization

/// The parts of a node, in the order in which they start. They stop in reverse, so that whatever a part relies on is there
/// as long as the part is.
public final class ServiceList: Sendable {
  private enum Step {
    case added, starting, started, stopped
  }

  /// Where the list as a whole is.
  public enum Phase: Sendable, Equatable {
    /// Not every part has started; perhaps not every part is known yet.
    case starting
    /// A part that starts makes again what an earlier run left undone.
    case recovering(Recovery)
    case running
    case stopping
  }

  private let entries = Mutex<[(service: any Service, step: Step)]>([])
  private let whole = Mutex(Step.added)
  private let early = Mutex<Recovery?>(nil)

  public init() {}

  /// Adds a part that starts after those added before.
  public func add(_ service: any Service) { entries.withLock { $0.append((service, .added)) } }

  /// Adds a part and starts it at once, before it is known which others there will be: the one that tells how they get on.
  public func addStarted(_ service: any Service) async throws {
    whole.withLock { $0 = .starting }
    try await service.start()
    entries.withLock { $0.append((service, .started)) }
  }

  /// Starts every part that does not run. Where one cannot be started, those that run are stopped, and its error is thrown.
  public func start() async throws {
    whole.withLock { $0 = .starting }
    let entries = entries.withLock { $0 }
    for (index, entry) in entries.enumerated() where entry.step == .added {
      set(index, .starting)
      do {
        try await entry.service.start()
      } catch {
        set(index, .stopped)
        await stop()
        throw error
      }
      set(index, .started)
    }
    whole.withLock { $0 = .started }
  }

  private func set(_ index: Int, _ step: Step) { entries.withLock { $0[index].step = step } }

  /// Stops every part that was started, the last one first.
  public func stop() async {
    whole.withLock { $0 = .stopped }
    let services = entries.withLock { $0 }
    for (index, entry) in services.enumerated().reversed() where entry.step == .started {
      await entry.service.stop()
      set(index, .stopped)
    }
  }

  /// Lets go of the parts, and with them of what they hold: stores, threads, sockets. The pages that show the list are
  /// themselves parts, so that nothing else would end the circle.
  public func clear() { entries.withLock { $0 = [] } }

  // MARK: Looking

  /// A part as it is now.
  public struct Report: Sendable, Equatable {
    public var name: String
    public var health: Health
    public var lag: Lag?
  }

  /// All parts in their order, as they are now; behind them one called `node` while others are not known yet.
  public var reports: [Report] {
    let phase = phase
    var reports = entries.withLock { $0 }.map { service, step in
      let health: Health =
        switch step {
        case .added: .notReady("waits for those before it to start")
        case .starting:
          .notReady(service.recovery.map { "recovering, at block \($0.block) of \($0.of)" } ?? "starting")
        case .started: service.health
        case .stopped: .notReady("stopped")
        }
      return Report(name: service.name, health: health, lag: service.lag)
    }
    if phase == .starting, Self.isReady(reports) {
      reports.append(Report(name: "node", health: .notReady("opening the databases"), lag: nil))
    }
    return reports
  }

  /// Where the list as a whole is.
  public var phase: Phase {
    switch whole.withLock({ $0 }) {
    case .started: return .running
    case .stopped: return .stopping
    case .added, .starting:
      let starting = entries.withLock { $0.first { $0.step == .starting } }
      return (starting?.service.recovery ?? early.withLock { $0 }).map { .recovering($0) } ?? .starting
    }
  }

  /// Notes how far the node is with work that comes before its parts, a repair for example; `nil` once it is over.
  public func note(early recovery: Recovery?) { early.withLock { $0 = recovery } }

  /// What is made again, or was since the node was started; `nil` where it was nothing.
  public var recovery: Recovery? {
    early.withLock { $0 } ?? entries.withLock { $0 }.lazy.compactMap(\.service.recovery).first
  }

  /// The steps of all parts that have started, in the order in which blocks go through them.
  public var stages: [Stage] {
    entries.withLock { $0 }.flatMap { service, step in step == .started ? service.stages : [] }
  }

  /// Whether no part says ``Health/notReady(_:)``.
  public static func isReady(_ reports: [Report]) -> Bool {
    reports.allSatisfy { report in
      if case .notReady = report.health { return false }
      return true
    }
  }

  /// Shows in `registry` how far each part is. Called once all parts are added.
  public func show(in registry: MetricsRegistry) {
    for service in entries.withLock({ $0.map(\.service) }) where service.lag != nil {
      let labels = [(name: "service", value: service.name)]
      registry.gauge("service_position_block", "Last block that a part of the node is done with", labels) {
        Double(service.lag?.position ?? 0)
      }
      registry.gauge("service_lag_blocks", "Blocks that a part of the node has still to do", labels) {
        Double(service.lag?.blocks ?? 0)
      }
    }
  }
}

extension ServiceList {
  /// The parts and what they say of themselves, as one line of JSON: what `/health` answers.
  public static func healthJSON(_ reports: [Report]) -> String {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("status")
    writer.string(isReady(reports) ? "ready" : "not_ready")
    writer.key("components")
    writer.beginObject()
    for report in reports {
      writer.key(report.name)
      writer.beginObject()
      writer.health(report.health)
      writer.endObject()
    }
    writer.endObject()
    writer.endObject()
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// The same with where each part is among the blocks, in the order in which blocks go through: what `/status` answers.
  public static func statusJSON(_ reports: [Report]) -> String {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("status")
    writer.string(isReady(reports) ? "ready" : "not_ready")
    writer.key("services")
    writer.beginArray()
    for report in reports {
      writer.beginObject()
      writer.key("name")
      writer.string(report.name)
      writer.health(report.health)
      if let lag = report.lag {
        writer.key("position")
        writer.number(lag.position)
        writer.key("target")
        writer.number(lag.target)
        writer.key("lag")
        writer.number(lag.blocks)
        writer.key("waiting_for")
        if let reason = lag.waitingFor { writer.string(reason) } else { writer.null() }
      }
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

extension JSONWriter {
  fileprivate mutating func health(_ health: Health) {
    key("status")
    switch health {
    case .ready: string("ready" as StaticString)
    case .degraded(let reason):
      string("degraded" as StaticString)
      key("details")
      string(reason)
    case .notReady(let reason):
      string("not_ready" as StaticString)
      key("details")
      string(reason)
    }
  }
}
