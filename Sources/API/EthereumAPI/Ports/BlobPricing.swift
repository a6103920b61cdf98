import Primitives
import Transactions

/// What blobs cost (EIP-4844), by the rules of the fork that each block is of.
public protocol BlobPricing: Sendable {
  /// Wei per blob gas in a block; `nil` where its header has no blob fields. Must come from memory.
  func blobBaseFee(of header: BlockHeader) -> UInt256?
  /// Wei per blob gas in the block that follows the head. Must come from memory.
  var nextBlobBaseFee: UInt256 { get }
  /// The most blob gas that a block may have.
  func maxBlobGas(of header: BlockHeader) -> UInt64
}
