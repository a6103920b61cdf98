import CLibCrypto
import Primitives

/// The keys that one phrase of words stands for (BIP-39, BIP-32), such as those of a development chain or of a browser's
/// wallet.
public struct HDWallet: Sendable {
  private let root: ExtendedKey

  /// The wallet of a phrase: PBKDF2 with HMAC-SHA-512, 2,048 rounds, over the words with one space between them. Whether
  /// they are words of the list, and their checksum, is not looked at. `nil` only for a seed that makes no key, which is not
  /// known to exist.
  public init?(phrase: String, passphrase: String = "") {
    let words = phrase.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let salt = Array(("mnemonic" + passphrase).utf8)
    var seed = [UInt8](repeating: 0, count: 64)
    var password = words
    let done = password.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        PKCS5_PBKDF2_HMAC(
          $0.baseAddress, Int32($0.count), salt, Int32(salt.count), 2_048, EVP_sha512(), Int32(seed.count), &seed)
      }
    }
    guard done == 1 else { return nil }
    self.init(seed: seed)
  }

  /// The wallet of a seed (BIP-32).
  package init?(seed: [UInt8]) {
    let digest = Self.hmac(key: Array("Bitcoin seed".utf8), seed)
    guard let key = Secp256k1.PrivateKey(digest.left) else { return nil }
    root = ExtendedKey(key: key, chainCode: digest.right)
  }

  /// The key at a path such as `m/44'/60'/0'/0/0`: numbers below 2^31 between slashes, a `'` behind those that are hardened.
  /// `nil` for a text that is no path.
  public func key(at path: String) -> Secp256k1.PrivateKey? {
    let steps = path.split(separator: "/", omittingEmptySubsequences: false)
    guard steps.first == "m" else { return nil }
    var current = root
    for step in steps.dropFirst() {
      let isHardened = step.hasSuffix("'")
      let digits = isHardened ? step.dropLast() : step
      guard digits.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
        let number = UInt32(digits), number < 1 << 31, let child = current.child(number, isHardened: isHardened)
      else { return nil }
      current = child
    }
    return current.key
  }

  /// A key with the chain code from which its children follow.
  private struct ExtendedKey: Sendable {
    let key: Secp256k1.PrivateKey
    let chainCode: Bytes32

    /// The child with that number; `nil` for the one in 2^127 that makes no key.
    func child(_ number: UInt32, isHardened: Bool) -> ExtendedKey? {
      var data: [UInt8]
      if isHardened {
        data = [0] + key.bytes.bytes
      } else {
        guard let point = Secp256k1.publicKey(of: key) else { return nil }
        data = [point.y[31] & 1 == 0 ? 0x02 : 0x03] + point.x.bytes
      }
      let index = isHardened ? number | 1 << 31 : number
      withUnsafeBytes(of: index.bigEndian) { data += $0 }
      let digest = HDWallet.hmac(key: chainCode.bytes, data)
      let tweak = UInt256(digest.left)
      guard tweak < Secp256k1.order else { return nil }
      let sum = tweak.addingModulo(UInt256(key.bytes), Secp256k1.order)
      guard let child = Secp256k1.PrivateKey(Bytes32(sum)) else { return nil }
      return ExtendedKey(key: child, chainCode: digest.right)
    }
  }

  /// Both halves of HMAC-SHA-512.
  private static func hmac(key: [UInt8], _ data: [UInt8]) -> (left: Bytes32, right: Bytes32) {
    var digest = [UInt8](repeating: 0, count: 64)
    var length: UInt32 = 64
    HMAC(EVP_sha512(), key, Int32(key.count), data, data.count, &digest, &length)
    return digest.withUnsafeBytes { bytes in
      let start = bytes.baseAddress.unsafelyUnwrapped
      return (Bytes32(loading: start), Bytes32(loading: start + 32))
    }
  }
}
