import CSecp256k1
import Primitives

/// ECDSA on secp256k1, over libsecp256k1: recovery, signing, verification, keys and addresses.
///
/// Every function takes any bytes and answers `nil` or `false` where they make no sense.
public enum Secp256k1 {
  /// The order n of the group: private keys and both parts of a signature are below it.
  public static var order: UInt256 {
    UInt256(l0: 0xbfd2_5e8c_d036_4141, l1: 0xbaae_dce6_af48_a03b, l2: 0xffff_ffff_ffff_fffe, l3: .max)
  }

  /// ⌊n/2⌋: the largest s that a transaction may carry (EIP-2).
  public static var halfOrder: UInt256 {
    UInt256(l0: 0xdfe9_2f46_681b_20a0, l1: 0x5d57_6e73_57a4_501d, l2: .max, l3: 0x7fff_ffff_ffff_ffff)
  }

  /// A private key: a number from 1 to n − 1, big-endian.
  public struct PrivateKey: Sendable, Equatable {
    public let bytes: Bytes32

    /// `nil` for zero and for numbers from the group order on.
    public init?(_ bytes: Bytes32) {
      let number = UInt256(bytes)
      guard !number.isZero, number < Secp256k1.order else { return nil }
      self.bytes = bytes
    }

    /// `nil` unless the text is 64 hexadecimal digits, with or without `0x`, that make a key.
    public init?(hex: String) {
      guard let bytes = Bytes32(hex: hex) else { return nil }
      self.init(bytes)
    }
  }

  /// A signature that names its public key: r and s big-endian, and the parity of the y coordinate of R.
  public struct Signature: Sendable, Hashable {
    public var r: Bytes32
    public var s: Bytes32
    /// 0 or 1: the `yParity` of transactions, v − 27 of the precompile. Only the lowest bit is looked at.
    public var yParity: UInt8

    public init(r: Bytes32, s: Bytes32, yParity: UInt8) {
      self.r = r
      self.s = s
      self.yParity = yParity
    }

    /// Whether s is at most half the group order, as EIP-2 asks of transactions.
    public var isLowS: Bool { UInt256(s) <= Secp256k1.halfOrder }

    /// Whether both parts are in 1 ... n − 1. `recover` and `verify` refuse all others.
    public var isInRange: Bool {
      !r.isZero && !s.isZero && UInt256(r) < Secp256k1.order && UInt256(s) < Secp256k1.order
    }
  }

  /// The public key of `key`. It exists for every private key; `nil` would be the library's failure.
  public static func publicKey(of key: PrivateKey) -> PublicKey? {
    var point = secp256k1_pubkey()
    let done = key.bytes.withBytePointer { secp256k1_ec_pubkey_create(Context.shared, &point, $0) }
    return done == 1 ? PublicKey(&point) : nil
  }

  /// Signs a 32-byte hash with the nonce of RFC 6979 (HMAC-SHA-256); s is low. `nil` only where the library finds no
  /// nonce, which is not known to happen.
  public static func sign(_ hash: Bytes32, with key: PrivateKey) -> Signature? {
    var recoverable = secp256k1_ecdsa_recoverable_signature()
    let done = hash.withBytePointer { hash in
      key.bytes.withBytePointer {
        secp256k1_ecdsa_sign_recoverable(Context.shared, &recoverable, hash, $0, nil, nil)
      }
    }
    guard done == 1 else { return nil }
    var compact = InlineArray<64, UInt8>(repeating: 0)
    var recoveryID: Int32 = 0
    return withUnsafeMutableBytes(of: &compact) { bytes in
      let start = bytes.baseAddress.unsafelyUnwrapped
      secp256k1_ecdsa_recoverable_signature_serialize_compact(
        Context.shared, start.assumingMemoryBound(to: UInt8.self), &recoveryID, &recoverable)
      return Signature(
        r: Bytes32(loading: start), s: Bytes32(loading: start + 32), yParity: UInt8(truncatingIfNeeded: recoveryID & 1))
    }
  }

  /// The public key whose signature of `hash` this is; `nil` where there is none: r or s zero or not below the order,
  /// r not the abscissa of a point, or the point at infinity. High s is accepted, as the precompile accepts it; whether
  /// it may be used is the caller's rule (`Signature.isLowS`). The hash may be zero or above n.
  public static func recover(_ hash: Bytes32, _ signature: Signature) -> PublicKey? {
    guard signature.isInRange else { return nil }
    var recoverable = secp256k1_ecdsa_recoverable_signature()
    var compact = (signature.r, signature.s)
    let parsed = withUnsafeBytes(of: &compact) {
      secp256k1_ecdsa_recoverable_signature_parse_compact(
        Context.shared, &recoverable, $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self),
        Int32(signature.yParity & 1))
    }
    guard parsed == 1 else { return nil }
    var point = secp256k1_pubkey()
    let done = hash.withBytePointer { secp256k1_ecdsa_recover(Context.shared, &point, &recoverable, $0) }
    return done == 1 ? PublicKey(&point) : nil
  }

  /// The address of the key that signed `hash`; see `recover(_:_:)`.
  public static func recoverAddress(_ hash: Bytes32, _ signature: Signature) -> Address? {
    recover(hash, signature)?.address
  }

  /// Whether `signature`, with its parity, signs `hash` under `key`; a high s is never valid.
  public static func verify(_ hash: Bytes32, _ signature: Signature, by key: PublicKey) -> Bool {
    signature.isLowS && recover(hash, signature) == key
  }

  /// The library's context: made once and only read afterwards, which the library allows from any thread.
  enum Context {
    nonisolated(unsafe) static let shared: OpaquePointer = {
      guard let context = secp256k1_context_create(UInt32(SECP256K1_CONTEXT_NONE)) else {
        preconditionFailure("libsecp256k1 found no memory for its context")
      }
      // Blinds the multiplications of signing, so that their timing says nothing about the key.
      var generator = SystemRandomNumberGenerator()
      let seed = Bytes32(w0: generator.next(), w1: generator.next(), w2: generator.next(), w3: generator.next())
      _ = seed.withBytePointer { secp256k1_context_randomize(context, $0) }
      return context
    }()
  }
}

extension Bytes32 {
  /// The bytes as C functions take them.
  @inline(__always)
  fileprivate func withBytePointer<R>(_ body: (UnsafePointer<UInt8>) -> R) -> R {
    withUnsafeBytes { body($0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)) }
  }
}
