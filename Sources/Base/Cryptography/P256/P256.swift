import CLibCrypto
import Primitives

/// ECDSA verification on P-256 (secp256r1; FIPS 186-4, SEC 2), over libcrypto: the precompile at 0x100 (RIP-7212,
/// EIP-7951).
public enum P256 {
  /// Whether (r, s) signs `hash` under the public key (x, y). `false` for r or s outside 1 ..< n, coordinates that are not
  /// below p, and a point off the curve, as for a wrong signature. Both values of s are accepted.
  public static func verify(hash: Bytes32, r: UInt256, s: UInt256, x: UInt256, y: UInt256) -> Bool {
    // The library would take coordinates modulo p.
    guard x < prime, y < prime else { return false }
    let key = EC_KEY_new(), point = EC_POINT_new(group), signature = ECDSA_SIG_new()
    let numbers = [x, y, r, s].map(bigNumber)
    defer {
      EC_KEY_free(key)
      EC_POINT_free(point)
      ECDSA_SIG_free(signature)
      for number in numbers { BN_free(number) }
    }
    // Setting the point fails off the curve. That is the whole check, since every point but infinity has the order n; the
    // library's check of a key multiplies by n instead, which costs as much as the verification.
    guard EC_KEY_set_group(key, group) == 1,
      EC_POINT_set_affine_coordinates(group, point, numbers[0], numbers[1], nil) == 1,
      EC_KEY_set_public_key(key, point) == 1,
      // The signature takes the two numbers over, and frees them: it gets copies.
      ECDSA_SIG_set0(signature, BN_dup(numbers[2]), BN_dup(numbers[3])) == 1
    else { return false }
    return hash.withUnsafeBytes {
      ECDSA_do_verify($0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self), 32, signature, key) == 1
    }
  }

  /// p = 2^256 − 2^224 + 2^192 + 2^96 − 1.
  private static let prime: UInt256 = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff

  /// The curve with its tables: made once, only read afterwards.
  nonisolated(unsafe) private static let group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)

  private static func bigNumber(_ number: UInt256) -> OpaquePointer? {
    let bytes = number.bytes
    return BN_bin2bn(bytes, Int32(bytes.count), nil)
  }
}
