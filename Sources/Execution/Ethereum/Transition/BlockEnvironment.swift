import EVM
import Primitives

/// The block in which transactions run, as far as the transition needs it.
public struct BlockEnvironment: Sendable {
  public var number: UInt64
  /// Seconds since 1970.
  public var timestamp: UInt64
  public var gasLimit: UInt64
  public var coinbase: Address
  /// The beacon chain's randomness; the difficulty before Paris.
  public var prevRandao: UInt256
  /// Wei per gas; zero before London.
  public var baseFee: UInt256
  public var excessBlobGas: UInt64
  public var chainID: UInt64
  /// The hash of each of the 256 blocks before this one.
  public var blockHash: @Sendable (UInt64) -> Bytes32

  public init(
    number: UInt64, timestamp: UInt64, gasLimit: UInt64, coinbase: Address, prevRandao: UInt256, baseFee: UInt256,
    excessBlobGas: UInt64 = 0, chainID: UInt64 = 1, blockHash: @escaping @Sendable (UInt64) -> Bytes32
  ) {
    self.number = number
    self.timestamp = timestamp
    self.gasLimit = gasLimit
    self.coinbase = coinbase
    self.prevRandao = prevRandao
    self.baseFee = baseFee
    self.excessBlobGas = excessBlobGas
    self.chainID = chainID
    self.blockHash = blockHash
  }

  /// Wei per blob gas: e^(excess / fraction), by the Taylor series of EIP-4844.
  public func blobBaseFee(_ revision: Revision) -> UInt256 {
    let fraction = BlobSchedule(revision).updateFraction
    // Nobody can pay what comes beyond, and the series would leave its 256 bits.
    let excessBlobGas = min(excessBlobGas, 140 * fraction)
    let denominator = UInt256(fraction)
    var index = UInt256.one
    var sum = UInt256.zero
    var term = denominator
    while !term.isZero {
      sum = sum &+ term
      term = term &* UInt256(excessBlobGas) / (denominator &* index)
      index = index &+ .one
    }
    return sum / denominator
  }
}
