import Primitives
import RocksDB
import ZKsyncOS

/// A record as it lies in the log, with its checksum and without the hashes that the log has anyway: what is copied to other
/// nodes, to where logs are kept beside the node, and back.
public struct RawRecord: Sendable, Equatable {
  /// The number of the block.
  public let number: UInt64
  /// The hash of the block.
  public let hash: Bytes32
  /// The stored form, which only a log reads.
  public let value: [UInt8]

  /// What was read from such a copy; nothing is checked.
  public init(number: UInt64, hash: Bytes32, value: [UInt8]) {
    self.number = number
    self.hash = hash
    self.value = value
  }

  /// Whether the record holds the hashes of earlier blocks itself; otherwise they are those of the chain.
  public func holdsBlockHashes() throws(StorageError) -> Bool {
    try StoredRecord.decode(value, number).source == .record
  }

  /// The record, whose checksum is right and which is of the block of that number and hash.
  ///
  /// - Parameter parentHash: the hash of the block before. Where the record does not hold the hashes of earlier blocks itself,
  ///   the context of the result has this one alone.
  public func decoded(parentHash: Bytes32) throws(StorageError) -> ReplayRecord {
    let record = try ReplayLog.decode(value, number) { BlockHashes(newestFirst: [parentHash]) }
    guard record.blockHash == hash else { throw .corrupt(store: ReplayLog.name, key: "block \(number)") }
    return record
  }
}

extension ReplayLog {
  /// The record of a block as it lies in the log, once its checksum was found right; `nil` where there is none.
  public func rawRecord(_ number: UInt64) throws(StorageError) -> RawRecord? {
    guard let hash = try blockHash(number),
      let value = try stored({ () throws(RocksDBError) in try records.value(blockKey(number)) })
    else { return nil }
    _ = try StoredRecord.decode(value, number)
    return RawRecord(number: number, hash: hash, value: value)
  }

  /// Appends the next blocks as they lay in another log, all or none, and returns when they are durable. Their checksums are
  /// looked at; what they hold is for the caller to have checked (``RawRecord/decoded(parentHash:)``).
  public func append(_ raws: [RawRecord]) throws(StorageError) {
    try append(raws) { (raw, _) throws(StorageError) in
      _ = try StoredRecord.decode(raw.value, raw.number)
      return raw
    }
  }
}
