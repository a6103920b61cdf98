import Transactions

/// The requests that L1 made, in the order of their priority ids.
public protocol L1RequestSource: Sendable {
  /// The request with this id, once L1 has it. The block builder asks again until it is there.
  func transaction(_ priorityID: UInt64) -> RecoveredTransaction?

  /// Requests are in a block of the chain from now on; `next` is the id that follows them.
  func included(_ requests: [RecoveredTransaction], in block: UInt64, next: UInt64)

  /// No block can have this request. As ids cannot be skipped, none behind it is asked for any more, unless another takes
  /// its place.
  func refused(_ request: RecoveredTransaction, reason: String)
}

extension L1RequestSource {
  public func included(_ requests: [RecoveredTransaction], in block: UInt64, next: UInt64) {}
  public func refused(_ request: RecoveredTransaction, reason: String) {}
}

/// No L1: nothing is ever requested.
public struct NoL1Requests: L1RequestSource {
  public init() {}
  public func transaction(_ priorityID: UInt64) -> RecoveredTransaction? { nil }
}
