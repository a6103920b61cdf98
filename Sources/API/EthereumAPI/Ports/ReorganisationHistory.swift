import Primitives

/// A block that was part of the chain and is no more.
public struct DroppedBlock: Sendable, Equatable {
  public var header: SealedHeader
  /// In the order of the block, located in it.
  public var receipts: [LocatedReceipt]

  public init(header: SealedHeader, receipts: [LocatedReceipt]) {
    self.header = header
    self.receipts = receipts
  }
}

/// The blocks that a chain dropped, for those who had seen them: who follows the chain and finds that it no longer has the
/// block that was seen last goes back through these, parent by parent, to a block that the chain has, and on from there.
///
/// A block is here from the moment at which the chain no longer has it, and should stay for as long as filters are kept.
/// Called on worker threads.
public protocol ReorganisationHistory: Sendable {
  /// A dropped block; `nil` where there never was one of this hash, or it is forgotten.
  func droppedBlock(hash: Bytes32) throws(ChainReadError) -> DroppedBlock?
}
