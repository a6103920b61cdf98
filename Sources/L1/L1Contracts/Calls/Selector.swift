import Cryptography

/// The first four bytes of the hash of a signature, most significant first: what names a function or an error.
enum Selector {
  static func of(_ signature: String) -> UInt32 {
    Keccak256.hash(Array(signature.utf8)).bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }
}
