// The form of a batch on disk: fixed-width fields, numbers little-endian, pubdata last. It does not name the blocks:
// batch n is block n alone.

import Primitives
import ZKsyncOS

extension Batch {
  /// Whether ``encoded`` says everything.
  package var hasStoredForm: Bool { blocks == Self.storedBlocks(number) }

  private static func storedBlocks(_ number: BatchNumber) -> ClosedRange<UInt64> { number.rawValue...number.rawValue }

  package var encoded: [UInt8] {
    var bytes: [UInt8] = [protocolVersion.rawValue]
    bytes.append(littleEndian: previous.batchNumber.rawValue)
    bytes += previous.stateCommitment.bytes
    bytes.append(littleEndian: previous.l1TransactionCount)
    bytes += previous.priorityOperationsHash.bytes + previous.l2LogsRoot.bytes + previous.commitment.bytes
    bytes.append(littleEndian: commit.batchNumber.rawValue)
    bytes += commit.newStateCommitment.bytes
    bytes.append(littleEndian: commit.l1TransactionCount)
    bytes += commit.priorityOperationsHash.bytes + commit.l2LogsRoot.bytes + commit.dataAvailabilityCommitment.bytes
    for number in [commit.firstTimestamp, commit.lastTimestamp, commit.chainID] { bytes.append(littleEndian: number) }
    bytes += upgradeHash.bytes
    bytes += commit.operatorInput
    return bytes
  }

  /// Reads ``encoded``; `nil` for bytes that are something else.
  package init?(decoding bytes: ArraySlice<UInt8>) {
    var reader = ByteReader(bytes)
    func field() -> UInt64? { reader.littleEndian() }
    func word() -> Bytes32? { reader.bytes32() }
    guard let raw: UInt8 = reader.bigEndian(), let version = ProtocolVersion(rawValue: raw),
      let previousNumber = field().map(BatchNumber.init(rawValue:)), let previousState = word(),
      let previousCount = field(), let previousPriority = word(), let previousLogs = word(),
      let previousCommitment = word(),
      let number = field().map(BatchNumber.init(rawValue:)), let state = word(), let count = field(),
      let priority = word(), let logs = word(), let availability = word(),
      let first = field(), let last = field(), let chainID = field(), let upgrade = word()
    else { return nil }
    self.init(
      previous: StoredBatchInfo(
        batchNumber: previousNumber, stateCommitment: previousState, l1TransactionCount: previousCount,
        priorityOperationsHash: previousPriority, l2LogsRoot: previousLogs, commitment: previousCommitment),
      commit: CommitBatchInfo(
        batchNumber: number, newStateCommitment: state, l1TransactionCount: count, priorityOperationsHash: priority,
        l2LogsRoot: logs, dataAvailabilityCommitment: availability, firstTimestamp: first, lastTimestamp: last,
        chainID: chainID, operatorInput: Array(reader.rest)),
      blocks: Self.storedBlocks(number), upgradeHash: upgrade, protocolVersion: version)
  }
}
