import EVM
import Transactions

/// What a revision allows of blobs, whose gas has a market of its own (EIP-4844, EIP-7691).
public struct BlobSchedule: Sendable, Equatable {
  /// Blob gas of one blob.
  public static let gasPerBlob: UInt64 = 131_072

  /// Blobs in a block at which their price stays as it is.
  public let target: UInt64
  /// Most blobs in a block.
  public let most: UInt64
  /// By how much excess blob gas the price grows e-fold.
  public let updateFraction: UInt64

  public init(_ revision: Revision) {
    if revision >= .prague {
      (target, most, updateFraction) = (6, 9, 5_007_716)
    } else {
      (target, most, updateFraction) = (3, 6, 3_338_477)
    }
  }

  /// Blob gas of a transaction.
  public static func gas(of transaction: SignedTransaction) -> UInt64 {
    gasPerBlob * UInt64(transaction.blobVersionedHashes.count)
  }

  /// The excess blob gas of the block after `parent`.
  public func excessBlobGas(after parent: BlockHeader) -> UInt64 {
    let (sum, overflow) = (parent.excessBlobGas ?? 0).addingReportingOverflow(parent.blobGasUsed ?? 0)
    let target = target * Self.gasPerBlob
    return overflow ? .max : sum < target ? 0 : sum - target
  }
}
