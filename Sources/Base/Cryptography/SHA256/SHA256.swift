import CLibCrypto
import Primitives

/// SHA-256 (FIPS 180-4), over libcrypto: the precompile at 0x02 and the versioned hashes of blobs.
public enum SHA256 {
  /// The digest of `bytes`.
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> Bytes32 {
    var context = SHA256_CTX()
    SHA256_Init(&context)
    SHA256_Update(&context, bytes.baseAddress, bytes.count)
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digest in
      SHA256_Final(digest.baseAddress, &context)
      return Bytes32(loading: UnsafeRawPointer(digest.baseAddress.unsafelyUnwrapped))
    }
  }

  /// The digest of `bytes`.
  public static func hash(_ bytes: [UInt8]) -> Bytes32 { bytes.withUnsafeBytes { hash($0) } }

  /// The digest of what comes piece by piece.
  public struct Stream {
    private var context = SHA256_CTX()

    /// Of no bytes yet.
    public init() { SHA256_Init(&context) }

    /// Adds the next bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
      SHA256_Update(&context, bytes.baseAddress, bytes.count)
    }

    /// The digest of all bytes so far; nothing can be added afterwards.
    public mutating func finish() -> Bytes32 {
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digest in
        SHA256_Final(digest.baseAddress, &context)
        return Bytes32(loading: UnsafeRawPointer(digest.baseAddress.unsafelyUnwrapped))
      }
    }
  }
}
