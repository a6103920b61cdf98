import CLibCrypto
import Primitives

/// HMAC (RFC 2104) with SHA-256, over libcrypto.
public enum HMACSHA256 {
  /// The authentication code of `message`.
  public static func code(of message: [UInt8], key: [UInt8]) -> Bytes32 {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { code in
      var length: UInt32 = 0
      HMAC(EVP_sha256(), key, Int32(clamping: key.count), message, message.count, code.baseAddress, &length)
      return Bytes32(loading: UnsafeRawPointer(code.baseAddress.unsafelyUnwrapped))
    }
  }
}
