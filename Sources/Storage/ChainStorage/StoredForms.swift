import Primitives
import Transactions
import ZKsyncOS

/// For fuzzers: what the stores read, read from any bytes and written again.
@_spi(Fuzzing)
public enum StoredForms {
  /// A value of the replay log under the number of a block; `nil` where it is none.
  public static func record(_ value: [UInt8], number: UInt64) -> [UInt8]? {
    guard let (source, bytes) = try? StoredRecord.decode(value, number),
      let record = try? ReplayRecord(decoding: Array(bytes))
    else { return nil }
    return StoredRecord.encode(number, source, record.encode())
  }

  /// The same for a record without format and checksum.
  public static func bareRecord(_ bytes: [UInt8]) -> [UInt8]? { (try? ReplayRecord(decoding: bytes))?.encode() }

  /// A header with what belongs to it, from what follows the format byte.
  public static func header(_ bytes: [UInt8]) -> [UInt8]? {
    guard let summary = StoredHeader.decode([StoredHeader.format] + bytes), let gasUsed = summary.gasUsed,
      let transactionBytes = summary.transactionBytes
    else { return nil }
    return Array(StoredHeader.encode(summary, gasUsed: gasUsed, transactionBytes: transactionBytes).dropFirst())
  }

  /// The transactions of a block, from what follows the format byte of their table.
  public static func transactions(_ table: [UInt8]) -> [UInt8]? {
    entries(table) { RecoveredTransaction(storedBytes: $0)?.storedBytes }
  }

  /// The receipts of a block, likewise.
  public static func receipts(_ table: [UInt8]) -> [UInt8]? {
    entries(table) { (try? BlockReceipt(storedBytes: $0))?.storedBytes }
  }

  private static func entries(_ table: [UInt8], _ rewrite: (ArraySlice<UInt8>) -> [UInt8]?) -> [UInt8]? {
    guard let count = Table.count(table[...]) else { return nil }
    var entries: [[UInt8]] = []
    for index in 0..<count {
      guard let entry = Table.entry(table[...], index).flatMap(rewrite) else { return nil }
      entries.append(entry)
    }
    return Array(Table.encode(entries).dropFirst())
  }
}
