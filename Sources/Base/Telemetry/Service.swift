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

  /// The steps that it takes on the way of blocks, in their order; one of its own name where it has a ``lag`` and says
  /// nothing else. As ``health``.
  var stages: [Stage] { get }

  /// How far ``start()`` has come where it makes again what an earlier run left undone, at its end when it has; `nil` where
  /// there is nothing of that kind. As ``health``.
  var recovery: Recovery? { get }
}

extension Service {
  public var lag: Lag? { nil }
  public var stages: [Stage] { lag.map { [Stage(name, $0)] } ?? [] }
  public var recovery: Recovery? { nil }
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

/// A step on the way of blocks from being built to being final on L1.
public struct Stage: Sendable, Equatable {
  /// What positions count.
  public enum Unit: String, Sendable {
    /// Blocks of the chain.
    case block
    /// Batches of the chain.
    case batch
  }

  /// One word, as operators know the step.
  public var name: String
  public var unit: Unit
  public var lag: Lag

  public init(_ name: String, _ lag: Lag, unit: Unit = .block) {
    self.name = name
    self.unit = unit
    self.lag = lag
  }
}

/// A part on its way to where an earlier run ended.
public struct Recovery: Sendable, Equatable {
  /// The last block before those that are made again.
  public var from: UInt64
  /// The last block that is made again.
  public var block: UInt64
  /// The last one that will be.
  public var of: UInt64
  /// When it began, in nanoseconds of the monotonic clock.
  public var began: UInt64

  public init(from: UInt64, block: UInt64, of last: UInt64, began: UInt64) {
    self.from = from
    self.block = block
    of = last
    self.began = began
  }

  /// Blocks in a second, since it began.
  ///
  /// - Parameter now: nanoseconds of the monotonic clock.
  public func rate(now: UInt64) -> Double {
    let seconds = Double(now > began ? now - began : 0) / 1_000_000_000
    return seconds > 0 ? Double(block > from ? block - from : 0) / seconds : 0
  }
}
