import Cryptography
import Primitives

/// What an account signs so that the code of a contract runs in its place (EIP-7702).
///
/// The numbers are as wide as the encoding allows: an authorization that makes no sense does not make the transaction
/// that carries it invalid, it has no effect.
public struct Authorization: Sendable, Equatable {
  /// Zero for every chain.
  public var chainID: UInt256
  /// The contract; zero takes a delegation back.
  public var address: Address
  /// The nonce of the account that signs.
  public var nonce: UInt64
  public var yParity: UInt8
  public var r: UInt256
  public var s: UInt256

  public init(chainID: UInt256, address: Address, nonce: UInt64, yParity: UInt8, r: UInt256, s: UInt256) {
    self.chainID = chainID
    self.address = address
    self.nonce = nonce
    self.yParity = yParity
    self.r = r
    self.s = s
  }

  /// What the signature covers: keccak256(0x05 ‖ rlp([chain id, address, nonce])).
  public var signingHash: Bytes32 {
    var writer = RLPWriter()
    writer.append(encoded: CollectionOfOne(0x05))
    writer.appendList {
      $0.append(chainID)
      $0.append(address)
      $0.append(nonce)
    }
    return Keccak256.hash(writer.encoded)
  }

  /// The account whose key signed; `nil` where r or s is out of range, s is high, or no key fits.
  public var authority: Address? {
    let signature = Secp256k1.Signature(r: Bytes32(r), s: Bytes32(s), yParity: yParity)
    guard yParity <= 1, signature.isLowS else { return nil }
    return Secp256k1.recoverAddress(signingHash, signature)
  }

  /// Appends the RLP list [chain id, address, nonce, parity, r, s].
  func write(to writer: inout RLPWriter) {
    writer.appendList {
      $0.append(chainID)
      $0.append(address)
      $0.append(nonce)
      $0.append(UInt64(yParity))
      $0.append(r)
      $0.append(s)
    }
  }

  /// Reads the items of the list that ``write(to:)`` wrote.
  init(reading list: RLPReader) throws(RLPError) {
    var fields = list
    chainID = try fields.readUInt256()
    address = try fields.readAddress()
    nonce = try fields.readUInt64()
    guard let parity = UInt8(exactly: try fields.readUInt64()) else { throw .badLength }
    yParity = parity
    r = try fields.readUInt256()
    s = try fields.readUInt256()
    try fields.finish()
  }
}
