import Primitives

/// Where on L1 something happened.
public struct L1Reference: Hashable, Sendable {
  public var transaction: Bytes32
  public var block: UInt64
  public var blockHash: Bytes32
  /// Of the block, seconds since 1970.
  public var timestamp: UInt64

  public init(transaction: Bytes32, block: UInt64, blockHash: Bytes32, timestamp: UInt64) {
    self.transaction = transaction
    self.block = block
    self.blockHash = blockHash
    self.timestamp = timestamp
  }
}
