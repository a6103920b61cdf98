import EthereumAPI

/// What waits, as a block.
struct PendingReading: PendingBlocks {
  let chain: DevelopmentChain

  func pendingBlock() throws(ChainReadError) -> PendingBlock { chain.pending().block }
}
