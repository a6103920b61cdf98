import JSONRPC

/// Finds the blocks that clients name, and says what they are told where there is none.
public struct BlockLookup: Sendable {
  public let chain: any ChainReader
  public let faults: FaultLog

  /// The number that `id` means; `nil` where there is no such block.
  public func number(of id: BlockID) throws(RPCError) -> UInt64? {
    switch id {
    case .latest, .pending: return chain.head.number
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

  /// The block after which state is asked for; the newest where none is named.
  public func stateNumber(of id: BlockID?) throws(RPCError) -> UInt64 {
    guard let number = try number(of: id ?? .latest) else { throw .refused("block not found") }
    return number
  }

  public func header(of id: BlockID) throws(RPCError) -> SealedHeader? {
    if id == .latest || id == .pending { return chain.head }
    guard let number = try number(of: id) else { return nil }
    return try header(number: number)
  }

  func header(number: UInt64) throws(RPCError) -> SealedHeader? {
    try faults.reading { () throws(ChainReadError) in try chain.header(number: number) }
  }
}
