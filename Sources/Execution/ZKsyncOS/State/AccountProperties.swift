import Cryptography
import Primitives

/// What the state keeps of an account: 124 bytes whose BLAKE2s-256 hash is the value of the account's slot under
/// `SystemAddress.accountProperties`.
///
/// Source: zksync-os `basic_system/.../flat_storage_model/account_cache_entry.rs`.
public struct AccountProperties: Hashable, Sendable {
  /// Eight bytes, most significant first: deployed (0 or 1), execution environment (0 none, 1 EVM), code version, five
  /// reserved ones.
  public var versioning: UInt64
  public var nonce: UInt64
  /// Wei.
  public var balance: UInt256
  /// BLAKE2s-256 of the code in its stored form; the key of its preimage. Zero where no code was ever deployed.
  public var bytecodeHash: Bytes32
  /// Bytes of code, without padding and artifacts.
  public var codeLength: UInt32
  /// Bytes of artifacts (the jump bitmap) at the end of the stored form.
  public var artifactsLength: UInt32
  /// Keccak-256 of the code, what EXTCODEHASH shows; zero where no code was ever deployed.
  public var observableBytecodeHash: Bytes32
  public var observableCodeLength: UInt32

  /// An account that does not exist.
  public static let empty = AccountProperties(
    versioning: 0, nonce: 0, balance: .zero, bytecodeHash: .zero, codeLength: 0, artifactsLength: 0,
    observableBytecodeHash: .zero, observableCodeLength: 0)

  /// Length of the encoding in bytes.
  public static let encodedLength = 124

  public init(
    versioning: UInt64 = 0, nonce: UInt64 = 0, balance: UInt256 = .zero, bytecodeHash: Bytes32 = .zero,
    codeLength: UInt32 = 0, artifactsLength: UInt32 = 0, observableBytecodeHash: Bytes32 = .zero,
    observableCodeLength: UInt32 = 0
  ) {
    self.versioning = versioning
    self.nonce = nonce
    self.balance = balance
    self.bytecodeHash = bytecodeHash
    self.codeLength = codeLength
    self.artifactsLength = artifactsLength
    self.observableBytecodeHash = observableBytecodeHash
    self.observableCodeLength = observableCodeLength
  }

  /// The versioning word of deployed EVM code.
  public static let deployedEVM: UInt64 = 0x0101_0100_0000_0000

  /// The execution environment byte: 0 for accounts that never had code, 1 for EVM.
  public var executionEnvironment: UInt8 { UInt8(truncatingIfNeeded: versioning >> 48) }

  /// Whether the account has code (EIP-3607 refuses it as a sender).
  public var isContract: Bool { codeLength > 0 || artifactsLength > 0 }

  /// Whether EIP-161 calls it empty.
  var isEmpty: Bool { nonce == 0 && codeLength == 0 && balance.isZero }

  /// Bytes of the code in its stored form: code, padding to eight bytes where there are artifacts or the version pads,
  /// artifacts.
  func storedCodeLength(_ version: ProtocolVersion) -> Int {
    version.storesJumpBitmap
      ? (Int(codeLength) + 7) / 8 * 8 + Int(artifactsLength) : Int(codeLength)
  }

  /// Makes the account one of EVM code.
  package mutating func setCode(_ code: StoredCode) {
    setCode(
      hash: code.hash, length: UInt32(clamping: code.codeLength),
      artifactsLength: UInt32(clamping: code.artifactsLength),
      observableHash: code.observableHash, observableLength: UInt32(clamping: code.codeLength))
  }

  mutating func setCode(
    hash: Bytes32, length: UInt32, artifactsLength: UInt32, observableHash: Bytes32, observableLength: UInt32
  ) {
    bytecodeHash = hash
    codeLength = length
    self.artifactsLength = artifactsLength
    observableBytecodeHash = observableHash
    observableCodeLength = observableLength
    versioning = versioning & 0x0000_00ff_ffff_ffff | Self.deployedEVM
  }

  /// The 124 bytes, integers big-endian.
  public func encode() -> [UInt8] {
    var bytes = [UInt8]()
    bytes.reserveCapacity(Self.encodedLength)
    bytes.append(bigEndian: versioning)
    bytes.append(bigEndian: nonce)
    bytes.append(Bytes32(balance))
    bytes.append(bytecodeHash)
    bytes.append(bigEndian: codeLength)
    bytes.append(bigEndian: artifactsLength)
    bytes.append(observableBytecodeHash)
    bytes.append(bigEndian: observableCodeLength)
    return bytes
  }

  /// Nil unless there are exactly 124 bytes.
  public init?(encoded bytes: [UInt8]) {
    guard bytes.count == Self.encodedLength else { return nil }
    var reader = ByteReader(bytes)
    guard let versioning: UInt64 = reader.bigEndian(), let nonce: UInt64 = reader.bigEndian(),
      let balance = reader.bytes32(), let bytecodeHash = reader.bytes32(),
      let codeLength: UInt32 = reader.bigEndian(), let artifactsLength: UInt32 = reader.bigEndian(),
      let observableHash = reader.bytes32(), let observableLength: UInt32 = reader.bigEndian()
    else { return nil }
    self.init(
      versioning: versioning, nonce: nonce, balance: UInt256(balance), bytecodeHash: bytecodeHash,
      codeLength: codeLength, artifactsLength: artifactsLength, observableBytecodeHash: observableHash,
      observableCodeLength: observableLength)
  }

  /// BLAKE2s-256 of the encoding: the value of the account's slot.
  public func hash() -> Bytes32 { Blake2s256.hash(encode()) }
}
