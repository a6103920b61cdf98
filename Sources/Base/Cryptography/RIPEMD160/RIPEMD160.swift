import CLibCrypto

/// RIPEMD-160 (Dobbertin, Bosselaers, Preneel 1996; ISO/IEC 10118-3), over libcrypto: the precompile at 0x03.
public enum RIPEMD160 {
  /// The twenty bytes of the digest of `bytes`.
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var context = RIPEMD160_CTX()
    RIPEMD160_Init(&context)
    RIPEMD160_Update(&context, bytes.baseAddress, bytes.count)
    return [UInt8](unsafeUninitializedCapacity: 20) { digest, count in
      RIPEMD160_Final(digest.baseAddress, &context)
      count = 20
    }
  }

  /// The twenty bytes of the digest of `bytes`.
  public static func hash(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { hash($0) } }
}
