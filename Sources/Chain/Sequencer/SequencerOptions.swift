import Primitives
import ZKsyncOS

/// When a block is sealed. The first limit reached counts; all but the time are looked at after each transaction, so
/// that the last one may exceed them.
public struct SealLimits: Sendable {
  /// Nanoseconds from the first transaction to the seal.
  public var blockTime: UInt64 = 100_000_000
  public var transactions = 1_000
  public var gas: UInt64 = 100_000_000
  /// Bytes.
  public var pubdata: UInt64 = 110_000
  public var native: UInt64 = 1 << 36

  public init() {}

  /// Whether a block with these totals takes no more transactions.
  func areReached(by totals: BlockTotals) -> Bool {
    totals.transactions >= transactions || totals.gasUsed >= gas || totals.pubdata >= pubdata
      || totals.nativeUsed >= native
  }
}

/// What new blocks are made with. The defaults are the constants of the Rust server
/// (`node/sequencer/src/execution/command_block_context_provider.rs`).
public struct SequencerOptions: Sendable {
  public var chainID: UInt64
  public var protocolVersion = ProtocolVersion.current
  /// Wei per gas.
  public var baseFee: UInt256 = 1000
  public var gasPerPubdata: UInt256 = 0
  public var nativePrice: UInt256 = 1
  public var coinbase = Address.zero
  public var gasLimit: UInt64 = 100_000_000
  public var limits = SealLimits()
  public var clock = ClockBounds()

  public init(chainID: UInt64) { self.chainID = chainID }

  /// The context of a block that is made now.
  public func context(number: UInt64, timestamp: UInt64, blockHashes: BlockHashes) -> BlockContext {
    BlockContext(
      protocolVersion: protocolVersion, chainID: chainID, number: number, timestamp: timestamp,
      blockHashes: blockHashes, baseFee: baseFee, gasPerPubdata: gasPerPubdata, nativePrice: nativePrice,
      coinbase: coinbase, gasLimit: gasLimit)
  }
}
