/// A part of the node that is started, stopped and watched. All parts are alike: whoever has read one knows them all.
public protocol Service: Sendable {
  /// One word by which operators know it: in health reports, metrics and the log.
  var name: String { get }

  /// Starts the work. Called once; what throws here keeps the node from starting.
  func start() async throws

  /// Ends the work: finishes what has begun, makes it durable, lets go of threads and sockets. Called once, after
  /// ``start()``, with everything stopped that was started later.
  func stop() async

  /// How it is. Asked from any thread; must answer at once.
  var health: Health { get }

  /// How far it is behind the blocks that it follows; `nil` for a part that follows none. As ``health``.
  var lag: Lag? { get }
}

extension Service {
  public var lag: Lag? { nil }
}

/// What a part says of itself.
public enum Health: Sendable, Equatable {
  case ready
  /// Works, with a restriction that an operator should know of.
  case degraded(String)
  /// Does not work, or not yet.
  case notReady(String)
}

/// Where a part is on its way through the blocks.
public struct Lag: Sendable, Equatable {
  /// The last block that it is done with.
  public var position: UInt64
  /// The last block that there is for it.
  public var target: UInt64
  /// What it waits for, other than the next block.
  public var waitingFor: String?

  public init(position: UInt64, target: UInt64, waitingFor: String? = nil) {
    self.position = position
    self.target = target
    self.waitingFor = waitingFor
  }

  /// Blocks that it has still to do.
  public var blocks: UInt64 { target > position ? target - position : 0 }
}
