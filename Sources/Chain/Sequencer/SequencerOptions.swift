import Primitives
import ZKsyncOS

/// What new blocks are made with. The defaults are the constants of the Rust server
/// (`node/sequencer/src/execution/command_block_context_provider.rs`).
public struct SequencerOptions: Sendable {
  public var chainID: UInt64
  public var protocolVersion = ProtocolVersion.current
  /// Wei per gas: of every block, or the least of any, by the fee model.
  public var baseFee: UInt256 = 1000
  public var feeModel = FeeModel.fixed
  public var gasPerPubdata: UInt256 = 0
  public var nativePrice: UInt256 = 1
  public var coinbase = Address.zero
  public var gasLimit: UInt64 = 100_000_000
  public var limits = SealLimits()
  public var clock = ClockBounds()

  public init(chainID: UInt64) { self.chainID = chainID }

  /// The context of a block that is made now. `baseFee` in wei per gas; the least of any where it is `nil`.
  public func context(
    number: UInt64, timestamp: UInt64, blockHashes: BlockHashes, baseFee: UInt256? = nil
  ) -> BlockContext {
    BlockContext(
      protocolVersion: protocolVersion, chainID: chainID, number: number, timestamp: timestamp,
      blockHashes: blockHashes, baseFee: baseFee ?? self.baseFee, gasPerPubdata: gasPerPubdata,
      nativePrice: nativePrice,
      coinbase: coinbase, gasLimit: gasLimit)
  }
}
