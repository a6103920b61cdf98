import Cryptography
import Primitives

/// What L1 remembers of a committed batch: eight static ABI words whose hash it stores.
///
/// Source: era-contracts `IExecutor.StoredBatchInfo`; zksync-os-server `lib/contract_interface/src/lib.rs`.
public struct StoredBatchInfo: Hashable, Sendable {
  public var batchNumber: UInt64
  /// The commitment to the state after the batch: BLAKE2s of tree root and leaf count.
  public var stateCommitment: Bytes32
  public var l1TransactionCount: UInt64
  /// The Keccak chain over the hashes of L1 transactions.
  public var priorityOperationsHash: Bytes32
  public var l2LogsRoot: Bytes32
  /// The hash of the batch output; see `BatchCommitment`.
  public var commitment: Bytes32

  public init(
    batchNumber: UInt64, stateCommitment: Bytes32, l1TransactionCount: UInt64, priorityOperationsHash: Bytes32,
    l2LogsRoot: Bytes32, commitment: Bytes32
  ) {
    self.batchNumber = batchNumber
    self.stateCommitment = stateCommitment
    self.l1TransactionCount = l1TransactionCount
    self.priorityOperationsHash = priorityOperationsHash
    self.l2LogsRoot = l2LogsRoot
    self.commitment = commitment
  }

  /// `abi.encode`: 256 bytes. The index of repeated storage changes and the timestamp are zero on ZKsync OS chains.
  public var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(256)
    bytes += UInt256(batchNumber).bytes
    bytes += stateCommitment.bytes
    bytes += Bytes32.zero.bytes
    bytes += UInt256(l1TransactionCount).bytes
    bytes += priorityOperationsHash.bytes
    bytes += l2LogsRoot.bytes
    bytes += Bytes32.zero.bytes
    bytes += commitment.bytes
    return bytes
  }

  /// keccak256 of `encoded`: what the diamond stores as `storedBatchHashes[batchNumber]`.
  public var hash: Bytes32 { Keccak256.hash(encoded) }
}
