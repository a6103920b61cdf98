import Primitives

extension DevelopmentChain {
  /// What a chain is made with. What describes the chain itself counts for a new one; one that is continued stays what it
  /// is.
  public struct Options: Sendable {
    /// What signatures name.
    public var chainID: UInt64 = 31_337
    public var hardfork = Hardfork.cancun
    /// Gas of a block.
    public var gasLimit: UInt64 = 30_000_000
    /// Wei per gas in the first block.
    public var baseFee: UInt64 = 1_000_000_000
    /// Seconds since 1970 of the first block; `nil` for now.
    public var timestamp: UInt64?
    /// The number of the first block.
    public var firstBlock: UInt64 = 0
    /// Whether contracts may be larger than EIP-170 allows.
    public var allowsLargeCode = false
    /// Who gets the tips.
    public var coinbase = Address.zero
    /// The folder of the journal; `nil` for a chain that ends with the process.
    public var directory: String?
    /// Blocks of an epoch: `safe` is one behind the head, `finalized` two.
    public var slotsInAnEpoch: UInt64 = 32
    /// Blocks that one call may make.
    public var maxBlocksPerCall: UInt64 = 100_000
    /// Blocks that a chain may go back in one step.
    public var maxReorganisationDepth: UInt64 = 4_096
    /// Newest states in memory; older ones are made again from the journal, or, without one, are gone.
    public var statesInMemory = 16_384
    /// Blocks from one state on the disk to the next.
    public var blocksPerStateFile: UInt64 = 1_000
    /// Whether transactions are taken whose signatures name no chain (before EIP-155), as the deployer of CREATE2 has one.
    public var allowsUnprotected = true
    var pool = TransactionPool.Limits()

    public init() {}
  }
}
