import Files
import Primitives

/// The stored form of a record.
///
/// ```
/// format (1 byte) ‖ source (1 byte) ‖ checksum (8 bytes, little-endian) ‖ record
/// ```
///
/// Format 1, which earlier versions wrote, has no checksum; it is still read.
enum StoredRecord {
  /// Whether the record holds the hashes of earlier blocks itself.
  enum HashSource: UInt8 {
    case log = 0
    case record = 1
  }

  private static let format: UInt8 = 2
  private static let headBytes = 10

  static func encode(_ number: UInt64, _ source: HashSource, _ record: [UInt8]) -> [UInt8] {
    var value: [UInt8] = [format, source.rawValue]
    value.reserveCapacity(headBytes + record.count)
    value.append(littleEndian: checksum(number, source, record[...]))
    value += record
    return value
  }

  /// What is stored for block `number`, where its checksum is right.
  static func decode(
    _ value: [UInt8], _ number: UInt64
  ) throws(StorageError) -> (source: HashSource, record: ArraySlice<UInt8>) {
    guard let first = value.first else { throw .corrupt(store: ReplayLog.name, key: "block \(number)") }
    guard first == format || first == storedFormat else {
      throw .unknownFormat(store: ReplayLog.name, version: first)
    }
    guard value.count > 1, let source = HashSource(rawValue: value[1]) else {
      throw .corrupt(store: ReplayLog.name, key: "block \(number)")
    }
    if first == storedFormat { return (source, value[2...]) }
    guard value.count >= headBytes else { throw .corrupt(store: ReplayLog.name, key: "block \(number)") }
    let record = value[headBytes...]
    let stored = value[2..<headBytes].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    guard stored == checksum(number, source, record) else { throw .badChecksum(block: number) }
    return (source, record)
  }

  /// Of everything that the value says, and of the block under whose number it stands.
  private static func checksum(_ number: UInt64, _ source: HashSource, _ record: ArraySlice<UInt8>) -> UInt64 {
    let head = blockKey(number) + [source.rawValue]
    return head.withUnsafeBytes { Checksum.of($0) } ^ record.withUnsafeBytes { Checksum.of($0) }
  }
}
