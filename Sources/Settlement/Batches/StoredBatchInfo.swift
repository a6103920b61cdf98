import Cryptography
import Primitives

/// What L1 remembers of a committed batch: eight static ABI words whose hash it stores.
///
/// Source: era-contracts `IExecutor.StoredBatchInfo`; zksync-os-server `lib/contract_interface/src/lib.rs`.
public struct StoredBatchInfo: Hashable, Sendable {
  public var batchNumber: BatchNumber
  /// The commitment to the state after the batch: BLAKE2s of tree root and leaf count.
  public var stateCommitment: Bytes32
  public var l1TransactionCount: UInt64
  /// The Keccak chain over the hashes of L1 transactions.
  public var priorityOperationsHash: Bytes32
  public var l2LogsRoot: Bytes32
  /// The hash of the batch output; see `BatchCommitment`.
  public var commitment: Bytes32

  public init(
    batchNumber: BatchNumber, stateCommitment: Bytes32, l1TransactionCount: UInt64, priorityOperationsHash: Bytes32,
    l2LogsRoot: Bytes32, commitment: Bytes32
  ) {
    self.batchNumber = batchNumber
    self.stateCommitment = stateCommitment
    self.l1TransactionCount = l1TransactionCount
    self.priorityOperationsHash = priorityOperationsHash
    self.l2LogsRoot = l2LogsRoot
    self.commitment = commitment
  }

  /// `abi.encode`: 256 bytes.
  public var encoded: [UInt8] {
    var writer = ABIWriter()
    write(to: &writer)
    return writer.encoded
  }

  /// The eight words. The index of repeated storage changes and the timestamp are zero on ZKsync OS chains.
  package func write(to writer: inout ABIWriter) {
    writer.append(batchNumber.rawValue)
    writer.append(stateCommitment)
    writer.append(UInt256.zero)
    writer.append(l1TransactionCount)
    writer.append(priorityOperationsHash)
    writer.append(l2LogsRoot)
    writer.append(UInt256.zero)
    writer.append(commitment)
  }

  /// keccak256 of `encoded`: what the diamond stores as `storedBatchHashes[batchNumber]`.
  public var hash: Bytes32 { Keccak256.hash(encoded) }
}
