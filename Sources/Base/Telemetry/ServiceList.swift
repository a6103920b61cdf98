import JSON
import Synchronization

/// The parts of a node, in the order in which they start. They stop in reverse, so that whatever a part relies on is there
/// as long as the part is.
public final class ServiceList: Sendable {
  private enum Stage {
    case added, starting, started, stopped
  }

  private let entries = Mutex<[(service: any Service, stage: Stage)]>([])

  public init() {}

  /// Adds a part that starts after those added before.
  public func add(_ service: any Service) { entries.withLock { $0.append((service, .added)) } }

  /// Starts every part. Where one cannot be started, those that run are stopped, and its error is thrown.
  public func start() async throws {
    let services = entries.withLock { $0.map(\.service) }
    for (index, service) in services.enumerated() {
      entries.withLock { $0[index].stage = .starting }
      do {
        try await service.start()
      } catch {
        entries.withLock { $0[index].stage = .stopped }
        await stop()
        throw error
      }
      entries.withLock { $0[index].stage = .started }
    }
  }

  /// Stops every part that was started, the last one first.
  public func stop() async {
    let services = entries.withLock { $0 }
    for (index, entry) in services.enumerated().reversed() where entry.stage == .started {
      await entry.service.stop()
      entries.withLock { $0[index].stage = .stopped }
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

  /// All parts in their order, as they are now.
  public var reports: [Report] {
    entries.withLock { $0 }.map { service, stage in
      let health: Health =
        switch stage {
        case .added: .notReady("waits for those before it to start")
        case .starting: .notReady("starting")
        case .started: service.health
        case .stopped: .notReady("stopped")
        }
      return Report(name: service.name, health: health, lag: service.lag)
    }
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
