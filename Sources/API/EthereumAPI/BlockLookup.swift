import JSONRPC

/// Finds the blocks that clients name, and says what they are told where there is none.
public struct BlockLookup: Sendable {
  public let chain: any ChainReader
  public let faults: FaultLog
  let pendingBlocks: (any PendingBlocks)?
  let isRollup: Bool

  /// The number that `id` means, of a block in the chain; `nil` where there is no such block.
  public func number(of id: BlockID) throws(RPCError) -> UInt64? {
    switch id {
    case .latest, .pending: return chain.head.number
    case .committed, .committedOnL1:
      guard isRollup else { throw .invalidParameters("the chain has no batches, and no block by such a tag") }
      return try number(of: id == .committed ? .latest : .safe)
    case .earliest: return 0
    case .safe:
      guard let number = chain.safeBlock else { throw .refused("safe block not found") }
      return number
    case .finalized:
      guard let number = chain.finalizedBlock else { throw .refused("finalized block not found") }
      return number
    case .number(let number): return number <= chain.head.number ? number : nil
    case .hash(let hash): return try faults.reading { () throws(ChainReadError) in try chain.number(ofBlock: hash) }
    }
  }

  /// The same where that is told from memory, by whatever name; `nil` where it is not, and where there is no such block.
  func residentStateNumber(of id: BlockID?) -> UInt64? {
    switch id ?? .latest {
    case .latest: chain.head.number
    case .pending: pendingBlocks == nil ? chain.head.number : nil
    case .number(let number): number <= chain.head.number ? number : nil
    case .committed, .committedOnL1, .earliest, .safe, .finalized, .hash: nil
    }
  }

  /// The block after which state is asked for; the newest where none is named. The pending one has the number after it,
  /// where the chain shows one.
  public func stateNumber(of id: BlockID?) throws(RPCError) -> UInt64 {
    if id == .pending, pendingBlocks != nil { return chain.head.number + 1 }
    guard let number = try number(of: id ?? .latest) else { throw .refused("block not found") }
    return number
  }

  /// The header that `id` means, that of the pending block where the chain shows one.
  public func header(of id: BlockID) throws(RPCError) -> SealedHeader? {
    if id == .pending, let pending = try pendingBlock() { return pending.header }
    if id == .latest || id == .pending { return chain.head }
    guard let number = try number(of: id), let header = try header(number: number) else { return nil }
    // Another block may have taken its place between the two questions.
    if case .hash(let hash) = id, header.hash != hash { return nil }
    return header
  }

  func header(number: UInt64) throws(RPCError) -> SealedHeader? {
    try faults.reading { () throws(ChainReadError) in try chain.header(number: number) }
  }

  /// What waits, as a block; `nil` where the chain does not show that.
  func pendingBlock() throws(RPCError) -> PendingBlock? {
    guard let pendingBlocks else { return nil }
    return try faults.reading { () throws(ChainReadError) in try pendingBlocks.pendingBlock() }
  }
}
