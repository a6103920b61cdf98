import Cryptography
import Primitives
import ZKsyncOS

/// What L1 is told when a batch is committed.
///
/// Source: era-contracts `IExecutor.CommitBoojumOSBatchInfo`; zksync-os-server `lib/l1_sender/src/commitment.rs`.
public struct CommitBatchInfo: Hashable, Sendable {
  public var batchNumber: UInt64
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
    batchNumber: UInt64, newStateCommitment: Bytes32, l1TransactionCount: UInt64, priorityOperationsHash: Bytes32,
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
  public init(_ commitment: BatchCommitment, number: UInt64, stateCommitment: Bytes32, pubdata: [UInt8]) {
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

  /// What the proof commits to besides the states.
  public func batchOutput(upgradeHash: Bytes32 = .zero) -> BatchCommitment {
    BatchCommitment(
      chainID: chainID, firstTimestamp: firstTimestamp, lastTimestamp: lastTimestamp,
      dataAvailability: dataAvailabilityCommitment, l1TransactionCount: l1TransactionCount,
      l1RollingHash: priorityOperationsHash, logsRoot: l2LogsRoot, upgradeHash: upgradeHash)
  }

  /// The eleven words before the bytes of `operatorInput`.
  private var head: [UInt8] {
    var bytes: [UInt8] = []
    bytes += UInt256(batchNumber).bytes
    bytes += newStateCommitment.bytes
    bytes += UInt256(l1TransactionCount).bytes
    bytes += priorityOperationsHash.bytes
    bytes += l2LogsRoot.bytes
    // There is no data availability validator on L2.
    bytes += Bytes32.zero.bytes
    bytes += dataAvailabilityCommitment.bytes
    bytes += UInt256(firstTimestamp).bytes
    bytes += UInt256(lastTimestamp).bytes
    bytes += UInt256(chainID).bytes
    bytes += UInt256(0x160).bytes
    return bytes
  }

  /// The argument `data` of `commitBatchesSharedBridge`: encoding version 0, the previous batch, and this one alone.
  public func commitData(previous: StoredBatchInfo) -> [UInt8] {
    var bytes: [UInt8] = [0]
    bytes += previous.encoded
    bytes += UInt256(0x120).bytes
    bytes += UInt256(1).bytes
    bytes += UInt256(0x20).bytes
    bytes += head
    bytes.append(paddedWithLength: operatorInput)
    return bytes
  }

  /// The whole call of the validator timelock, `commitBatchesSharedBridge(uint256,uint256,uint256,bytes)`.
  public func commitCalldata(previous: StoredBatchInfo) -> [UInt8] {
    var bytes: [UInt8] = [0x98, 0xf8, 0x19, 0x62]
    bytes += UInt256(chainID).bytes
    bytes += UInt256(batchNumber).bytes
    bytes += UInt256(batchNumber).bytes
    bytes += UInt256(0x80).bytes
    bytes.append(paddedWithLength: commitData(previous: previous))
    return bytes
  }
}

extension [UInt8] {
  /// Appends the ABI form of `content`: its length and its bytes, padded with zeros to whole words.
  fileprivate mutating func append(paddedWithLength content: [UInt8]) {
    self += UInt256(UInt64(content.count)).bytes
    self += content
    self += [UInt8](repeating: 0, count: (32 - content.count % 32) % 32)
  }
}
