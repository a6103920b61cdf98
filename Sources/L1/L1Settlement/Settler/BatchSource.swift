import Batches
import Primitives

/// Why batches cannot be read.
public struct BatchSourceError: Error, Sendable, CustomStringConvertible {
  public var description: String

  public init(_ description: String) { self.description = description }
}

/// Where the batches come from: made, durable, and the same bytes whenever they are asked for.
public protocol BatchSource: Sendable {
  /// The batch that L1 is deployed with.
  var genesis: StoredBatchInfo { get }

  /// The newest batch; `genesis` where none is made yet.
  func lastBatch() throws(BatchSourceError) -> BatchNumber

  /// `nil` for one that is not made yet.
  func batch(_ number: BatchNumber) throws(BatchSourceError) -> Batch?

  /// Whether there is a proof of the batch, of any kind: verified, unverified, or a fake. L1 is given none of them, only empty
  /// ones (``L1Proving``), so that the kind does not matter here.
  func isProved(_ number: BatchNumber) throws(BatchSourceError) -> Bool

  /// Whether L1 may be given the batch yet.
  func mayGoToL1(_ batch: Batch) -> Bool

  /// The canonical hashes of the requests in a batch, in order.
  func requestHashes(of batch: Batch) throws(BatchSourceError) -> [Bytes32]
}
