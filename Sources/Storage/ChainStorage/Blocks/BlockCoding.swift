import Primitives
import Transactions
import ZKsyncOS

// The stored forms of a block's parts.
//
// Transactions and receipts are tables: a count, the end of every entry, then the entries, so that one entry can be read
// without decoding the others. Counts and ends are 32-bit little-endian.

/// A table of byte strings.
enum Table {
  static func encode(_ entries: [[UInt8]]) -> [UInt8] {
    var bytes: [UInt8] = [storedFormat]
    bytes.reserveCapacity(5 + entries.reduce(0) { $0 + 4 + $1.count })
    bytes.append(littleEndian: UInt32(entries.count))
    var end = 0
    for entry in entries {
      end += entry.count
      bytes.append(littleEndian: UInt32(end))
    }
    for entry in entries { bytes += entry }
    return bytes
  }

  /// How many entries the payload of a table has; `nil` where it is none.
  static func count(_ table: ArraySlice<UInt8>) -> Int? {
    guard let count = number(table, 0), table.count >= 4 + 4 * count else { return nil }
    return count
  }

  /// The entry at `index`; `nil` where there is none, or the table is damaged.
  static func entry(_ table: ArraySlice<UInt8>, _ index: Int) -> ArraySlice<UInt8>? {
    guard let count = count(table), index >= 0, index < count else { return nil }
    guard let start = index == 0 ? 0 : number(table, index), let end = number(table, index + 1) else { return nil }
    let entries = table.dropFirst(4 + 4 * count)
    guard start <= end, end <= entries.count else { return nil }
    return entries[(entries.startIndex + start)..<(entries.startIndex + end)]
  }

  /// The 32-bit number at a position counted in numbers.
  private static func number(_ table: ArraySlice<UInt8>, _ position: Int) -> Int? {
    UInt32(bigEndianBytes: table.dropFirst(4 * position).prefix(4)).map { Int($0.byteSwapped) }
  }
}

/// The header with what belongs to it: hash ‖ bloom ‖ gas ‖ bytes of the transactions ‖ RLP, both numbers big-endian. The
/// first format had hash ‖ bloom ‖ RLP.
enum StoredHeader {
  static let firstFormat = storedFormat
  static let format: UInt8 = 2

  static func encode(_ block: Block) -> [UInt8] {
    encode(block.summary, gasUsed: block.gasUsed, transactionBytes: block.transactionBytes)
  }

  static func encode(_ summary: BlockSummary, gasUsed: UInt64, transactionBytes: Int) -> [UInt8] {
    var bytes = [format] + summary.hash.bytes + summary.bloom.bytes
    bytes.append(bigEndian: gasUsed)
    bytes.append(bigEndian: UInt64(clamping: transactionBytes))
    return bytes + summary.header.encoded
  }

  /// Reads the bloom alone, which stands in the same place in both formats.
  static func bloom(_ value: [UInt8]) -> Bloom? { Bloom(bytes: value.dropFirst(33).prefix(256)) }

  /// Reads a value, with its format byte; `nil` for bytes that are something else.
  static func decode(_ value: [UInt8]) -> BlockSummary? {
    guard let format = value.first, let hash = Bytes32(value.dropFirst().prefix(32)),
      let bloom = bloom(value)
    else { return nil }
    var reader = ByteReader(value.dropFirst(289))
    var gasUsed: UInt64?, transactionBytes: Int?
    if format == Self.format {
      guard let gas: UInt64 = reader.bigEndian(), let bytes: UInt64 = reader.bigEndian() else { return nil }
      gasUsed = gas
      transactionBytes = Int(clamping: bytes)
    }
    guard let header = try? BlockHeader(decoding: reader.rest) else { return nil }
    return BlockSummary(header: header, hash: hash, bloom: bloom, gasUsed: gasUsed, transactionBytes: transactionBytes)
  }
}

extension RecoveredTransaction {
  /// The envelope ‖ the sender, so that reading recovers no signature.
  var storedBytes: [UInt8] { transaction.envelope + sender.bytes }

  init?(storedBytes bytes: ArraySlice<UInt8>) {
    guard let sender = Address(bytes.suffix(20)), let transaction = try? Transaction(envelope: bytes.dropLast(20))
    else {
      return nil
    }
    self.init(transaction, sender: sender)
  }
}

extension BlockReceipt {
  /// The RLP list [type, success, gas, cumulative gas, contract or nothing, price, first log, [log], [L2→L1 log]].
  var storedBytes: [UInt8] {
    RLP.encodeList([
      RLP.encode(UInt64(receipt.transactionType)), RLP.encode(UInt64(receipt.succeeded ? 1 : 0)),
      RLP.encode(receipt.gasUsed), RLP.encode(receipt.cumulativeGasUsed),
      RLP.encode(receipt.contractAddress?.bytes ?? []), RLP.encode(effectiveGasPrice),
      RLP.encode(UInt64(firstLogIndex)), RLP.encodeList(receipt.logs.map(\.encoded)),
      RLP.encodeList(l2ToL1Logs.map(\.storedBytes)),
    ])
  }

  init(storedBytes bytes: ArraySlice<UInt8>) throws(RLPError) {
    var fields = try RLPReader.list(bytes)
    guard let type = UInt8(exactly: try fields.readUInt64()) else { throw .badLength }
    let succeeded = try fields.readUInt64() == 1
    let gasUsed = try fields.readUInt64()
    let cumulativeGas = try fields.readUInt64()
    let contract = try fields.readBytes()
    let price = try fields.readUInt256()
    guard let firstLog = Int(exactly: try fields.readUInt64()) else { throw .badLength }
    var logItems = try fields.readList()
    var logs: [Log] = []
    while !logItems.isAtEnd { logs.append(try Log(reading: try logItems.readList())) }
    var messageItems = try fields.readList()
    var messages: [L2ToL1Log] = []
    while !messageItems.isAtEnd { messages.append(try L2ToL1Log(reading: try messageItems.readList())) }
    try fields.finish()
    guard contract.isEmpty || contract.count == 20 else { throw .badLength }
    self.init(
      receipt: Receipt(
        transactionType: type, succeeded: succeeded, gasUsed: gasUsed, cumulativeGasUsed: cumulativeGas,
        contractAddress: Address(contract), logs: logs),
      effectiveGasPrice: price, firstLogIndex: firstLog, l2ToL1Logs: messages)
  }
}

extension L2ToL1Log {
  /// The RLP list [transaction, sender, key, value] and, where there is one, the message.
  fileprivate var storedBytes: [UInt8] {
    var fields = [RLP.encode(UInt64(transactionNumber)), RLP.encode(sender), RLP.encode(key), RLP.encode(value)]
    if let message { fields.append(RLP.encode(message)) }
    return RLP.encodeList(fields)
  }

  fileprivate init(reading list: RLPReader) throws(RLPError) {
    var fields = list
    guard let number = UInt32(exactly: try fields.readUInt64()) else { throw .badLength }
    let sender = try fields.readAddress()
    let key = try fields.readBytes32()
    let value = try fields.readBytes32()
    let message = fields.isAtEnd ? nil : Array(try fields.readBytes())
    try fields.finish()
    self.init(transactionNumber: number, sender: sender, key: key, value: value, message: message)
  }
}
