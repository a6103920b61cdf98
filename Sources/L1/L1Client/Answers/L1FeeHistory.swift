import JSON
import Primitives

/// What gas cost in the last blocks of L1.
public struct L1FeeHistory: Sendable, Equatable {
  /// Wei per gas of each block, the oldest first, and of the block that comes next.
  public var baseFees: [UInt256]
  /// The tip of each block at the percentile that was asked for, wei per gas; fewer, or none, from a node that has none.
  public var rewards: [UInt256]

  /// Reads the answer of `eth_feeHistory` with one percentile.
  init(_ json: JSONValue) throws(L1Error) {
    // As many blocks as nodes answer with at most.
    guard let fees = json["baseFeePerGas"]?.elements(atMost: 1_025), !fees.isEmpty else {
      throw .malformed("a history without fees")
    }
    baseFees = fees.compactMap(\.quantity)
    guard baseFees.count == fees.count else { throw .malformed("a history with a fee that is no number") }
    rewards = (json["reward"]?.elements(atMost: 1_025) ?? []).compactMap { $0.elements(atMost: 1)?.first?.quantity }
  }
}
