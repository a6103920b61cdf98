import Primitives
import Transactions

/// What reproduces a block: its context and its transactions; and its hashes, to notice when it is not reproduced.
///
/// The binary form begins with a format byte. Numbers are little-endian, byte strings have 32-bit lengths. Senders are
/// stored, since recovering them costs more than executing a transfer. Format 2 has the output's hash after the block's;
/// format 1, which earlier versions wrote, has none and is still read.
public struct ReplayRecord: Sendable, Equatable {
  public var context: BlockContext
  /// The priority id that the first L1 transaction of this block has or would have.
  public var firstPriorityID: UInt64
  public var transactions: [RecoveredTransaction]
  public var blockHash: Bytes32
  /// ``BlockOutput/outputHash``; `nil` in records of earlier versions.
  public var outputHash: Bytes32?

  public init(
    context: BlockContext, firstPriorityID: UInt64, transactions: [RecoveredTransaction], blockHash: Bytes32,
    outputHash: Bytes32? = nil
  ) {
    self.context = context
    self.firstPriorityID = firstPriorityID
    self.transactions = transactions
    self.blockHash = blockHash
    self.outputHash = outputHash
  }

  /// The newest format.
  public static let formatVersion: UInt8 = 2
  private static let formatWithoutOutput: UInt8 = 1

  public func encode() -> [UInt8] {
    var bytes: [UInt8] = [outputHash == nil ? Self.formatWithoutOutput : Self.formatVersion]
    context.encode(into: &bytes)
    bytes.append(littleEndian: firstPriorityID)
    bytes.append(contentsOf: blockHash.bytes)
    if let outputHash { bytes.append(contentsOf: outputHash.bytes) }
    bytes.append(littleEndian: UInt32(transactions.count))
    for recovered in transactions {
      let envelope = recovered.transaction.envelope
      bytes.append(littleEndian: UInt32(envelope.count))
      bytes.append(contentsOf: envelope)
      bytes.append(contentsOf: recovered.sender.bytes)
    }
    return bytes
  }

  public init(decoding bytes: [UInt8]) throws(ReplayRecordError) {
    var reader = ByteReader(bytes)
    context = try Self.context(&reader)
    guard let first: UInt64 = reader.littleEndian(), let hash = reader.bytes32() else { throw .truncated }
    firstPriorityID = first
    blockHash = hash
    if bytes[0] != Self.formatWithoutOutput {
      guard let output = reader.bytes32() else { throw .truncated }
      outputHash = output
    }
    guard let count: UInt32 = reader.littleEndian() else { throw .truncated }
    transactions = []
    for index in 0..<count {
      guard let length: UInt32 = reader.littleEndian(), let envelope = reader.bytes(Int(length)),
        let sender = reader.address()
      else { throw .truncated }
      do {
        transactions.append(RecoveredTransaction(try Transaction(envelope: envelope), sender: sender))
      } catch {
        throw .badTransaction(index: Int(index), error)
      }
    }
    guard reader.remaining == 0 else { throw .trailingBytes(reader.remaining) }
  }
}

extension ReplayRecord {
  /// Only the context of an encoded record.
  public static func context(decoding bytes: [UInt8]) throws(ReplayRecordError) -> BlockContext {
    var reader = ByteReader(bytes)
    return try context(&reader)
  }

  private static func context(_ reader: inout ByteReader) throws(ReplayRecordError) -> BlockContext {
    guard let format: UInt8 = reader.bigEndian() else { throw .truncated }
    guard format == formatVersion || format == formatWithoutOutput else { throw .unknownFormat(format) }
    return try BlockContext(decoding: &reader)
  }
}

/// Why bytes are no replay record.
public enum ReplayRecordError: Error, Equatable, Sendable {
  case truncated
  case unknownFormat(UInt8)
  case unknownProtocolVersion(UInt8)
  case tooManyBlockHashes(Int)
  case badTransaction(index: Int, TransactionError)
  case trailingBytes(Int)
}

extension BlockContext {
  fileprivate func encode(into bytes: inout [UInt8]) {
    bytes.append(protocolVersion.rawValue)
    for number in [chainID, self.number, timestamp, gasLimit] { bytes.append(littleEndian: number) }
    for number in [baseFee, gasPerPubdata, nativePrice, mixHash] { bytes.append(contentsOf: number.bytes) }
    bytes.append(contentsOf: coinbase.bytes)
    // Hashes before the chain's first block are zero and not written.
    let known = blockHashes.hashes.lastIndex { $0 != .zero }.map { $0 + 1 } ?? 0
    bytes.append(littleEndian: UInt16(known))
    for hash in blockHashes.hashes.prefix(known) { bytes.append(contentsOf: hash.bytes) }
  }

  fileprivate init(decoding reader: inout ByteReader) throws(ReplayRecordError) {
    guard let rawVersion: UInt8 = reader.bigEndian() else { throw .truncated }
    guard let version = ProtocolVersion(rawValue: rawVersion) else { throw .unknownProtocolVersion(rawVersion) }
    guard let chainID: UInt64 = reader.littleEndian(), let number: UInt64 = reader.littleEndian(),
      let timestamp: UInt64 = reader.littleEndian(), let gasLimit: UInt64 = reader.littleEndian(),
      let baseFee = reader.bytes32(), let gasPerPubdata = reader.bytes32(), let nativePrice = reader.bytes32(),
      let mixHash = reader.bytes32(), let coinbase = reader.address(), let known: UInt16 = reader.littleEndian()
    else { throw .truncated }
    guard known <= BlockHashes.count else { throw .tooManyBlockHashes(Int(known)) }
    var hashes: [Bytes32] = []
    for _ in 0..<known {
      guard let hash = reader.bytes32() else { throw .truncated }
      hashes.append(hash)
    }
    self.init(
      protocolVersion: version, chainID: chainID, number: number, timestamp: timestamp,
      blockHashes: BlockHashes(newestFirst: hashes), baseFee: UInt256(baseFee),
      gasPerPubdata: UInt256(gasPerPubdata), nativePrice: UInt256(nativePrice), coinbase: coinbase,
      gasLimit: gasLimit, mixHash: UInt256(mixHash))
  }
}
