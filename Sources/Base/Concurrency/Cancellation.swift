import Synchronization

/// Tells work that nobody waits for it any more. Whoever works looks at ``isCancelled`` now and then, which costs one read
/// of memory; whoever knows better calls ``cancel(_:)``, from any thread. The other way, work tells here how much it was.
public final class Cancellation: Sendable {
  public enum Reason: UInt8, Sendable {
    /// The time that a request may take is over.
    case timeLimit = 1
    /// The client has closed its connection.
    case clientGone
    /// The process is about to end.
    case shutdown
  }

  /// The raw value of the reason; 0 while nothing is cancelled.
  private let state = Atomic<UInt8>(0)

  /// How much has been done that nobody has taken note of.
  private let done = Atomic<UInt64>(0)

  public init() {}

  @inline(__always)
  public var isCancelled: Bool { state.load(ordering: .relaxed) != 0 }

  /// Why the work is cancelled; `nil` while it is not.
  public var reason: Reason? { Reason(rawValue: state.load(ordering: .relaxed)) }

  /// Cancels the work. The first reason stays; false where there was one already.
  @discardableResult
  public func cancel(_ reason: Reason) -> Bool {
    state.compareExchange(expected: 0, desired: reason.rawValue, ordering: .relaxed).exchanged
  }

  /// Notes that so much was done, in the unit of whoever does it: gas, where something is executed.
  public func count(_ units: UInt64) { done.wrappingAdd(units, ordering: .relaxed) }

  /// What was done since the last call.
  public func takeCount() -> UInt64 { done.exchange(0, ordering: .relaxed) }
}
