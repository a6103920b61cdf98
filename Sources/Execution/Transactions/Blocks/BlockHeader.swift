import Cryptography
import Primitives

/// The header of a block, in the form of Ethereum's headers.
///
/// A ZKsync OS block uses the first sixteen fields; the optional ones came with later Ethereum forks and exist there.
public struct BlockHeader: Sendable, Equatable {
  public var parentHash: Bytes32
  public var ommersHash: Bytes32
  public var beneficiary: Address
  public var stateRoot: Bytes32
  public var transactionsRoot: Bytes32
  public var receiptsRoot: Bytes32
  public var logsBloom: Bloom
  public var difficulty: UInt256
  public var number: UInt64
  public var gasLimit: UInt64
  public var gasUsed: UInt64
  /// Seconds since 1970.
  public var timestamp: UInt64
  public var extraData: [UInt8]
  public var mixHash: Bytes32
  /// Eight bytes, big-endian.
  public var nonce: UInt64
  /// Wei per gas (EIP-1559).
  public var baseFeePerGas: UInt64
  /// EIP-4895.
  public var withdrawalsRoot: Bytes32?
  /// EIP-4844.
  public var blobGasUsed: UInt64?
  /// EIP-4844.
  public var excessBlobGas: UInt64?
  /// EIP-4788.
  public var parentBeaconBlockRoot: Bytes32?
  /// EIP-7685.
  public var requestsHash: Bytes32?

  /// keccak256(rlp([])): the ommers hash of a block without ommers.
  public static let emptyOmmersHash = Keccak256.hash(RLP.encodeList([]))

  public init(
    parentHash: Bytes32, beneficiary: Address = .zero, stateRoot: Bytes32 = .zero, transactionsRoot: Bytes32 = .zero,
    receiptsRoot: Bytes32 = .zero, logsBloom: Bloom = Bloom(), difficulty: UInt256 = .zero, number: UInt64,
    gasLimit: UInt64, gasUsed: UInt64 = 0, timestamp: UInt64, extraData: [UInt8] = [], mixHash: Bytes32 = .zero,
    nonce: UInt64 = 0, baseFeePerGas: UInt64
  ) {
    self.parentHash = parentHash
    ommersHash = Self.emptyOmmersHash
    self.beneficiary = beneficiary
    self.stateRoot = stateRoot
    self.transactionsRoot = transactionsRoot
    self.receiptsRoot = receiptsRoot
    self.logsBloom = logsBloom
    self.difficulty = difficulty
    self.number = number
    self.gasLimit = gasLimit
    self.gasUsed = gasUsed
    self.timestamp = timestamp
    self.extraData = extraData
    self.mixHash = mixHash
    self.nonce = nonce
    self.baseFeePerGas = baseFeePerGas
  }

  /// The RLP list of the fields.
  public var encoded: [UInt8] {
    var writer = RLPWriter()
    writer.appendList {
      $0.append(parentHash)
      $0.append(ommersHash)
      $0.append(beneficiary)
      $0.append(stateRoot)
      $0.append(transactionsRoot)
      $0.append(receiptsRoot)
      $0.append(bytes: logsBloom.bytes)
      $0.append(difficulty)
      $0.append(number)
      $0.append(gasLimit)
      $0.append(gasUsed)
      $0.append(timestamp)
      $0.append(bytes: extraData)
      $0.append(mixHash)
      // The one number that keeps its leading zeros.
      $0.append(bytes: UInt256(nonce).bytes.suffix(8))
      $0.append(baseFeePerGas)
      if let withdrawalsRoot { $0.append(withdrawalsRoot) }
      if let blobGasUsed { $0.append(blobGasUsed) }
      if let excessBlobGas { $0.append(excessBlobGas) }
      if let parentBeaconBlockRoot { $0.append(parentBeaconBlockRoot) }
      if let requestsHash { $0.append(requestsHash) }
    }
    return writer.encoded
  }

  /// keccak256 of the encoding.
  public var hash: Bytes32 { Keccak256.hash(encoded) }
}

extension BlockHeader {
  /// Reads what ``encoded`` wrote; the optional fields are those that are there.
  public init(decoding bytes: some Sequence<UInt8>) throws(RLPError) {
    var fields = try RLPReader.list(Array(bytes))
    let parentHash = try fields.readBytes32()
    let ommersHash = try fields.readBytes32()
    let beneficiary = try fields.readAddress()
    let stateRoot = try fields.readBytes32()
    let transactionsRoot = try fields.readBytes32()
    let receiptsRoot = try fields.readBytes32()
    guard let bloom = Bloom(bytes: try fields.readBytes()) else { throw .badLength }
    let difficulty = try fields.readUInt256()
    self.init(
      parentHash: parentHash, beneficiary: beneficiary, stateRoot: stateRoot, transactionsRoot: transactionsRoot,
      receiptsRoot: receiptsRoot, logsBloom: bloom, difficulty: difficulty, number: try fields.readUInt64(),
      gasLimit: try fields.readUInt64(), gasUsed: try fields.readUInt64(), timestamp: try fields.readUInt64(),
      extraData: Array(try fields.readBytes()), mixHash: try fields.readBytes32(), baseFeePerGas: 0)
    self.ommersHash = ommersHash
    let nonceBytes = try fields.readBytes()
    guard nonceBytes.count == 8, let nonce = UInt256(bigEndianBytes: nonceBytes) else { throw .badLength }
    self.nonce = nonce.l0
    baseFeePerGas = try fields.readUInt64()
    if !fields.isAtEnd { withdrawalsRoot = try fields.readBytes32() }
    if !fields.isAtEnd { blobGasUsed = try fields.readUInt64() }
    if !fields.isAtEnd { excessBlobGas = try fields.readUInt64() }
    if !fields.isAtEnd { parentBeaconBlockRoot = try fields.readBytes32() }
    if !fields.isAtEnd { requestsHash = try fields.readBytes32() }
    try fields.finish()
  }
}
