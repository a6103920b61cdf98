import Transactions

/// Blocks that somebody wants now.
public struct BlockOrder: Sendable {
  /// How many.
  public var count: UInt64 = 1
  /// Seconds from each block to the next; `nil` where the clock decides.
  public var spacing: UInt64?
  /// What is in the block besides what L1 requested, whatever waits; `nil` for what waits.
  public var transactions: [RecoveredTransaction]?
  /// Whether nothing is made before L1 has requested something: what the chain begins with funds those who send the rest.
  public var awaitsRequest = false
  /// Whether some of its blocks are made already.
  var isContinued = false

  public init() {}
}

/// Why no block was made.
public enum OrderError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A transaction of the order can be in no block.
  case refused(String)
  /// Whoever ordered it waits no longer.
  case cancelled
  /// There are no more blocks.
  case stopped

  public var description: String {
    switch self {
    case .refused(let reason): reason
    case .cancelled: "the blocks take longer than the request may"
    case .stopped: "no more blocks are made"
    }
  }
}
