import JSON
import Synchronization

/// What the parts of the node say of themselves, for those who watch over it.
public final class HealthRegistry: Sendable {
  public enum Status: Sendable, Equatable {
    case ready
    /// Works, with a restriction that an operator should know of.
    case degraded(String)
    /// Does not work, or not yet.
    case notReady(String)
  }

  private let checks = Mutex<[(name: String, check: @Sendable () -> Status)]>([])

  public init() {}

  /// Adds a part. `check` is called for each question, from any thread, and must return at once.
  public func add(_ name: String, _ check: @escaping @Sendable () -> Status) {
    checks.withLock { $0.append((name, check)) }
  }

  /// The parts and what they say, and whether none says ``Status/notReady(_:)``.
  public var report: (isReady: Bool, parts: [(name: String, status: Status)]) {
    let parts = checks.withLock { $0 }.map { (name: $0.name, status: $0.check()) }
    let isReady = parts.allSatisfy { part in
      if case .notReady = part.status { return false }
      return true
    }
    return (isReady, parts)
  }

  /// The report as JSON, one line.
  public var json: String {
    let (isReady, parts) = report
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("status")
    writer.string(isReady ? "ready" : "not_ready")
    writer.key("components")
    writer.beginObject()
    for (name, status) in parts {
      writer.key(name)
      writer.beginObject()
      writer.key("status")
      switch status {
      case .ready: writer.string("ready" as StaticString)
      case .degraded(let reason):
        writer.string("degraded" as StaticString)
        writer.key("details")
        writer.string(reason)
      case .notReady(let reason):
        writer.string("not_ready" as StaticString)
        writer.key("details")
        writer.string(reason)
      }
      writer.endObject()
    }
    writer.endObject()
    writer.endObject()
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
