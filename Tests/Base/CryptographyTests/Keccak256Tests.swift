import Cryptography
import Primitives
import RandomTesting
import Testing

@Suite("Keccak-256")
struct Keccak256Tests {
  /// Byte i of the message of length n is (7·i + n) mod 256; the digests are PyCryptodome's (`Crypto.Hash.keccak`).
  static let digests: [(length: Int, digest: String)] = [
    (0, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
    (1, "5fe7f977e71dba2ea1a68e21057beebb9be2ac30c6410aa38d4f3fbe41dcffd2"),
    (3, "7d228cdb40e661b0731cd20c876de675137701233a19b450a36e53a053407a22"),
    (31, "f2edf8e57f5f8acb78dac9a80285ed8d829840361fdc4d99698e7ab6685d82ea"),
    (32, "75ddc22689ac5cfab91ff4f11af7f47658c89f63dcb005c00824017d8081c7e8"),
    (33, "c6054684b0825b997510f120321a58f8488803992923926fcda6db5405ec35c9"),
    (55, "546a7fe6ccfdaf2fb18c8725219ad2041f386774722f4f2dcb3b2793bfa58b7e"),
    (64, "d432c602ee561dfffe10aa1a7df28751b7990fcb5ba7a66055452fd680beb44c"),
    (135, "8ab570337c9a3a773c3605160ca58e3f0546d92d217c908669cc4f35a31933bc"),
    (136, "16b30a6be318a7acbcba7a2194789f628abf68dfbbf55a4d840f22f6a4d29efd"),
    (137, "6a7e8293441d51be41bf4994995b35981f90c07866c7fd0465f405e2b7a8f8dd"),
    (200, "5df43bf0d784fc93408fa76ffebdf2b45f60884dbbae8b0f1e47ab05f37f8508"),
    (271, "bb02bca6be57f42d131406260c6f1a81fd9922af8bd1c96d78f454b19ae10add"),
    (272, "443464c0c3ac8036d14a6f8647fc93b592d514adefbe88683cbbda3b4b2c4553"),
    (273, "73d5960773e36742ead7c872d84d535f35e75b9517ccb1023491276013f88890"),
    (1000, "5cab097db1a529f5b1a15428cc494df950671bc3824340aad89941fa68e151bc"),
  ]

  static func message(_ length: Int) -> [UInt8] { (0..<length).map { UInt8(truncatingIfNeeded: 7 * $0 + length) } }

  @Test("Lengths around the block size give the known digests", arguments: digests)
  func knownDigests(length: Int, digest: String) {
    #expect(Keccak256.hash(Self.message(length)) == Bytes32(hex: digest))
  }

  @Test("Text is hashed as UTF-8: the digest of Keccak's own test, and a Solidity selector")
  func text() {
    #expect(
      Keccak256.hash(utf8: "abc").description == "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")
    #expect(Keccak256.hash(utf8: "transfer(address,uint256)").bytes.prefix(4) == [0xa9, 0x05, 0x9c, 0xbb])
  }

  @Test("A message in pieces has the digest of the whole, however it is cut")
  func incremental() {
    var random = SplitMix64(seed: 1)
    for _ in 0..<300 {
      let message = random.bytes(Int.random(in: 0...600, using: &random))
      var hasher = Keccak256()
      var rest = message[...]
      while !rest.isEmpty {
        let count = Int.random(in: 0...min(rest.count, 200), using: &random)
        hasher.update(Array(rest.prefix(count)))
        rest = rest.dropFirst(count)
      }
      #expect(hasher.finalize() == Keccak256.hash(message))
    }
  }

  @Test("Asking for the digest does not end the message")
  func digestOfPrefix() {
    let message = Self.message(300)
    var hasher = Keccak256()
    hasher.update(Array(message[..<140]))
    #expect(hasher.finalize() == Keccak256.hash(message[..<140]))
    #expect(hasher.finalize() == Keccak256.hash(message[..<140]))
    hasher.update(Array(message[140...]))
    #expect(hasher.finalize() == Keccak256.hash(message))
  }

  @Test("The forms for words and addresses agree with the form for bytes")
  func shortForms() {
    var random = SplitMix64(seed: 2)
    for _ in 0..<50 {
      let a = random.bytes32(), b = random.bytes32()
      let address = Address(truncating: a)
      #expect(Keccak256.hash(a) == Keccak256.hash(a.bytes))
      #expect(Keccak256.hash(a, b) == Keccak256.hash(a.bytes + b.bytes))
      #expect(Keccak256.hash(address) == Keccak256.hash(address.bytes))
      var hasher = Keccak256()
      hasher.update(a)
      hasher.update(b)
      #expect(hasher.finalize() == Keccak256.hash(a, b))
    }
  }

  @Test("Nothing at all is the empty message")
  func nothing() {
    let digest = Bytes32(hex: Self.digests[0].digest)
    #expect(Keccak256.hash(UnsafeRawBufferPointer(start: nil, count: 0)) == digest)
    var hasher = Keccak256()
    hasher.update([])
    #expect(hasher.finalize() == digest)
  }
}
