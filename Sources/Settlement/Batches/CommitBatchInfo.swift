import Cryptography
import Primitives
import ZKsyncOS

/// What L1 is told when a batch is committed.
///
/// Source: era-contracts `IExecutor.CommitBoojumOSBatchInfo`; zksync-os-server `lib/l1_sender/src/commitment.rs`.
public struct CommitBatchInfo: Hashable, Sendable {
  public var batchNumber: BatchNumber
  public var newStateCommitment: Bytes32
  public var l1TransactionCount: UInt64
  public var priorityOperationsHash: Bytes32
  public var l2LogsRoot: Bytes32
  /// keccak256 of the first 97 bytes of `operatorInput`.
  public var dataAvailabilityCommitment: Bytes32
  public var firstTimestamp: UInt64
  public var lastTimestamp: UInt64
  public var chainID: UInt64
  /// What the data availability validator on L1 reads; see ``operatorInput(pubdata:)``.
  public var operatorInput: [UInt8]

  public init(
    batchNumber: BatchNumber, newStateCommitment: Bytes32, l1TransactionCount: UInt64, priorityOperationsHash: Bytes32,
    l2LogsRoot: Bytes32, dataAvailabilityCommitment: Bytes32, firstTimestamp: UInt64, lastTimestamp: UInt64,
    chainID: UInt64, operatorInput: [UInt8]
  ) {
    self.batchNumber = batchNumber
    self.newStateCommitment = newStateCommitment
    self.l1TransactionCount = l1TransactionCount
    self.priorityOperationsHash = priorityOperationsHash
    self.l2LogsRoot = l2LogsRoot
    self.dataAvailabilityCommitment = dataAvailabilityCommitment
    self.firstTimestamp = firstTimestamp
    self.lastTimestamp = lastTimestamp
    self.chainID = chainID
    self.operatorInput = operatorInput
  }

  /// Of a batch with one block.
  ///
  /// - Parameter stateCommitment: of the state after the block.
  public init(_ commitment: BatchCommitment, number: BatchNumber, stateCommitment: Bytes32, pubdata: [UInt8]) {
    self.init(
      batchNumber: number, newStateCommitment: stateCommitment, l1TransactionCount: commitment.l1TransactionCount,
      priorityOperationsHash: commitment.l1RollingHash, l2LogsRoot: commitment.logsRoot,
      dataAvailabilityCommitment: commitment.dataAvailability, firstTimestamp: commitment.firstTimestamp,
      lastTimestamp: commitment.lastTimestamp, chainID: commitment.chainID,
      operatorInput: Self.operatorInput(pubdata: pubdata))
  }

  /// Pubdata in calldata: 0³² ‖ keccak256(pubdata) ‖ 1 blob ‖ 0³² ‖ source 0 ‖ pubdata ‖ 0³².
  public static func operatorInput(pubdata: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(130 + pubdata.count)
    bytes += Bytes32.zero.bytes
    bytes += Keccak256.hash(pubdata).bytes
    bytes.append(1)
    bytes += Bytes32.zero.bytes
    bytes.append(0)
    bytes += pubdata
    bytes += Bytes32.zero.bytes
    return bytes
  }

  /// Bytes of pubdata that L1 takes in the calldata of one batch: the fields of a blob, 31 bytes each.
  ///
  /// Source: era-contracts `da-contracts/contracts/CalldataDA.sol`, `BLOB_SIZE_BYTES`.
  public static let maxPubdataBytes = 126_976

  /// Bytes of pubdata in ``operatorInput``.
  public var pubdataBytes: Int { operatorInput.count - 130 }

  /// What the proof commits to besides the states.
  public func batchOutput(upgradeHash: Bytes32 = .zero) -> BatchCommitment {
    BatchCommitment(
      chainID: chainID, firstTimestamp: firstTimestamp, lastTimestamp: lastTimestamp,
      dataAvailability: dataAvailabilityCommitment, l1TransactionCount: l1TransactionCount,
      l1RollingHash: priorityOperationsHash, logsRoot: l2LogsRoot, upgradeHash: upgradeHash)
  }

  /// Ten words, and the bytes of the operator.
  private func write(to writer: inout ABIWriter) {
    writer.append(batchNumber.rawValue)
    writer.append(newStateCommitment)
    writer.append(l1TransactionCount)
    writer.append(priorityOperationsHash)
    writer.append(l2LogsRoot)
    // There is no data availability validator on L2.
    writer.append(Address.zero)
    writer.append(dataAvailabilityCommitment)
    writer.append(firstTimestamp)
    writer.append(lastTimestamp)
    writer.append(chainID)
    writer.append(bytes: operatorInput)
  }

  /// The argument `data` of `commitBatchesSharedBridge`: encoding version 0, the previous batch, and this one alone.
  public func commitData(previous: StoredBatchInfo) -> [UInt8] {
    var writer = ABIWriter()
    previous.write(to: &writer)
    writer.appendArray([self]) { array, commit in array.appendTuple { commit.write(to: &$0) } }
    return [0] + writer.encoded
  }

  /// The whole call of the validator timelock, `commitBatchesSharedBridge(uint256,uint256,uint256,bytes)`.
  public func commitCalldata(previous: StoredBatchInfo) -> [UInt8] {
    var call = ABIWriter(selector: 0x98f8_1962)
    call.append(chainID)
    call.append(batchNumber.rawValue)
    call.append(batchNumber.rawValue)
    call.append(bytes: commitData(previous: previous))
    return call.encoded
  }
}
