// The form of a batch on disk: fixed-width fields, numbers little-endian, pubdata last.

import Primitives
import ZKsyncOS

extension Batch {
  package var encoded: [UInt8] {
    var bytes: [UInt8] = [protocolVersion.rawValue]
    bytes.append(littleEndian: previous.batchNumber)
    bytes += previous.stateCommitment.bytes
    bytes.append(littleEndian: previous.l1TransactionCount)
    bytes += previous.priorityOperationsHash.bytes + previous.l2LogsRoot.bytes + previous.commitment.bytes
    bytes.append(littleEndian: commit.batchNumber)
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
    var reader = FieldReader(bytes)
    guard let raw = reader.take(1).first, let version = ProtocolVersion(rawValue: raw),
      let previousNumber = reader.number(), let previousState = reader.word(), let previousCount = reader.number(),
      let previousPriority = reader.word(), let previousLogs = reader.word(), let previousCommitment = reader.word(),
      let number = reader.number(), let state = reader.word(), let count = reader.number(),
      let priority = reader.word(), let logs = reader.word(), let availability = reader.word(),
      let first = reader.number(), let last = reader.number(), let chainID = reader.number(),
      let upgrade = reader.word()
    else { return nil }
    self.init(
      previous: StoredBatchInfo(
        batchNumber: previousNumber, stateCommitment: previousState, l1TransactionCount: previousCount,
        priorityOperationsHash: previousPriority, l2LogsRoot: previousLogs, commitment: previousCommitment),
      commit: CommitBatchInfo(
        batchNumber: number, newStateCommitment: state, l1TransactionCount: count, priorityOperationsHash: priority,
        l2LogsRoot: logs, dataAvailabilityCommitment: availability, firstTimestamp: first, lastTimestamp: last,
        chainID: chainID, operatorInput: Array(reader.rest)),
      upgradeHash: upgrade, protocolVersion: version)
  }
}

extension [UInt8] {
  mutating func append(littleEndian value: UInt64) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}

/// Takes fields off the front; gives nothing once too few bytes are left.
struct FieldReader {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// The next `count` bytes, or none.
  mutating func take(_ count: Int) -> ArraySlice<UInt8> {
    guard rest.count >= count else { return [] }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  mutating func number() -> UInt64? {
    let bytes = take(8)
    return bytes.count == 8 ? bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } : nil
  }

  mutating func word() -> Bytes32? { Bytes32(take(32)) }
}
