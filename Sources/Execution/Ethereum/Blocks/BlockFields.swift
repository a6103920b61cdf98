import Primitives
import Transactions

/// What whoever makes a block decides about it. Nothing here is checked against the parent: a chain of blocks that other
/// nodes shall accept takes the fees that follow from it, and a later time.
public struct BlockFields: Sendable, Equatable {
  /// Seconds since 1970.
  public var timestamp: UInt64
  public var coinbase: Address
  public var gasLimit: UInt64
  /// Wei per gas; ``BaseFee/next(after:)`` tells that which follows from the parent.
  public var baseFee: UInt64
  /// The beacon chain's randomness.
  public var prevRandao: Bytes32
  /// At most 32 bytes where others shall accept the block.
  public var extraData: [UInt8]
  /// The root of the beacon chain's parent block (EIP-4788).
  public var parentBeaconBlockRoot: Bytes32
  /// ``BlobSchedule/excessBlobGas(after:)`` tells that which follows from the parent.
  public var excessBlobGas: UInt64

  public init(
    timestamp: UInt64, coinbase: Address, gasLimit: UInt64, baseFee: UInt64, prevRandao: Bytes32 = .zero,
    extraData: [UInt8] = [], parentBeaconBlockRoot: Bytes32 = .zero, excessBlobGas: UInt64 = 0
  ) {
    self.timestamp = timestamp
    self.coinbase = coinbase
    self.gasLimit = gasLimit
    self.baseFee = baseFee
    self.prevRandao = prevRandao
    self.extraData = extraData
    self.parentBeaconBlockRoot = parentBeaconBlockRoot
    self.excessBlobGas = excessBlobGas
  }
}
