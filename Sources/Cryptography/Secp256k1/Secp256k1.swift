import CSecp256k1
import Primitives

/// ECDSA on secp256k1, over libsecp256k1.
public enum Secp256k1 {
  /// A private key: a number from 1 to n − 1, big-endian.
  public struct PrivateKey: Sendable, Equatable {
    public let bytes: Bytes32

    /// `nil` for zero and for numbers from the group order on.
    public init?(_ bytes: Bytes32) {
      guard
        bytes.withUnsafeBytes({
          secp256k1_ec_seckey_verify(Context.shared.pointer, $0.bindMemory(to: UInt8.self).baseAddress!)
        }) == 1
      else { return nil }
      self.bytes = bytes
    }

    /// `nil` unless the text is 64 hexadecimal digits that make a key.
    public init?(hex: String) {
      guard let bytes = Bytes32(hex: hex) else { return nil }
      self.init(bytes)
    }
  }

  /// A point of the curve other than infinity, affine coordinates big-endian.
  public struct PublicKey: Sendable, Equatable {
    public let x: Bytes32
    public let y: Bytes32

    /// The account that the key controls: the last twenty bytes of keccak256(x ‖ y).
    public var address: Address {
      var hasher = Keccak256()
      hasher.update(x)
      hasher.update(y)
      return Address(truncating: hasher.finalize())
    }
  }

  /// A signature that names its public key: r and s big-endian, and the parity of the y coordinate of R.
  public struct Signature: Sendable, Equatable {
    public var r: Bytes32
    public var s: Bytes32
    public var yParity: UInt8

    public init(r: Bytes32, s: Bytes32, yParity: UInt8) {
      self.r = r
      self.s = s
      self.yParity = yParity
    }

    /// Whether s is at most half the group order, as EIP-2 asks of transactions.
    public var isLowS: Bool { UInt256(s) <= Secp256k1.halfOrder }
  }

  /// The order n of the group.
  public static let order: UInt256 = 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_fffe_baae_dce6_af48_a03b_bfd2_5e8c_d036_4141
  static let halfOrder: UInt256 = 0x7fff_ffff_ffff_ffff_ffff_ffff_ffff_ffff_5d57_6e73_57a4_501d_dfe9_2f46_681b_20a0

  /// The public key of `key`.
  public static func publicKey(of key: PrivateKey) -> PublicKey? {
    var point = secp256k1_pubkey()
    let done = key.bytes.withUnsafeBytes {
      secp256k1_ec_pubkey_create(Context.shared.pointer, &point, $0.bindMemory(to: UInt8.self).baseAddress!)
    }
    return done == 1 ? serialize(&point) : nil
  }

  /// Signs a 32-byte hash with the nonce of RFC 6979; s is low. `nil` only where the library finds no nonce, which is
  /// not known to happen.
  public static func sign(_ hash: Bytes32, with key: PrivateKey) -> Signature? {
    var recoverable = secp256k1_ecdsa_recoverable_signature()
    let done = hash.withUnsafeBytes { hash in
      key.bytes.withUnsafeBytes { key in
        secp256k1_ecdsa_sign_recoverable(
          Context.shared.pointer, &recoverable, hash.bindMemory(to: UInt8.self).baseAddress!,
          key.bindMemory(to: UInt8.self).baseAddress!, nil, nil)
      }
    }
    guard done == 1 else { return nil }
    var compact: InlineArray<64, UInt8> = .init(repeating: 0)
    var parity: Int32 = 0
    return withUnsafeMutableBytes(of: &compact) { bytes in
      secp256k1_ecdsa_recoverable_signature_serialize_compact(
        Context.shared.pointer, bytes.bindMemory(to: UInt8.self).baseAddress!, &parity, &recoverable)
      let base = UnsafeRawPointer(bytes.baseAddress!)
      return Signature(r: Bytes32(loading: base), s: Bytes32(loading: base + 32), yParity: UInt8(parity & 1))
    }
  }

  /// The public key whose signature of `hash` this is; `nil` where there is none: r or s zero or not below the order,
  /// r not the abscissa of a point, or the point at infinity. High s is accepted, as the precompile accepts it.
  public static func recover(_ hash: Bytes32, _ signature: Signature) -> PublicKey? {
    var recoverable = secp256k1_ecdsa_recoverable_signature()
    var compact: InlineArray<64, UInt8> = .init(repeating: 0)
    let parsed = withUnsafeMutableBytes(of: &compact) { bytes in
      signature.r.store(to: bytes.baseAddress!)
      signature.s.store(to: bytes.baseAddress! + 32)
      return secp256k1_ecdsa_recoverable_signature_parse_compact(
        Context.shared.pointer, &recoverable, bytes.bindMemory(to: UInt8.self).baseAddress!,
        Int32(signature.yParity & 1))
    }
    guard parsed == 1, !signature.r.isZero, !signature.s.isZero else { return nil }
    var point = secp256k1_pubkey()
    let done = hash.withUnsafeBytes {
      secp256k1_ecdsa_recover(
        Context.shared.pointer, &point, &recoverable, $0.bindMemory(to: UInt8.self).baseAddress!)
    }
    return done == 1 ? serialize(&point) : nil
  }

  /// Whether `signature` signs `hash` under `key`; a high s is never valid.
  public static func verify(_ hash: Bytes32, _ signature: Signature, by key: PublicKey) -> Bool {
    signature.isLowS && recover(hash, signature) == key
  }

  private static func serialize(_ point: inout secp256k1_pubkey) -> PublicKey? {
    var encoded: InlineArray<65, UInt8> = .init(repeating: 0)
    var length = 65
    return withUnsafeMutableBytes(of: &encoded) { bytes in
      let done = secp256k1_ec_pubkey_serialize(
        Context.shared.pointer, bytes.bindMemory(to: UInt8.self).baseAddress!, &length, &point,
        UInt32(SECP256K1_EC_UNCOMPRESSED))
      let base = UnsafeRawPointer(bytes.baseAddress!)
      return done == 1 ? PublicKey(x: Bytes32(loading: base + 1), y: Bytes32(loading: base + 33)) : nil
    }
  }

  /// The library's context. It is written only here, and shared by all threads afterwards.
  private final class Context: @unchecked Sendable {
    static let shared = Context()
    let pointer: OpaquePointer

    private init() { pointer = secp256k1_context_create(UInt32(SECP256K1_CONTEXT_NONE)) }
  }
}
