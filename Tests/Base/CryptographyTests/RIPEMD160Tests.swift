import Cryptography
import Primitives
import Testing

@Suite("RIPEMD-160")
struct RIPEMD160Tests {
  /// Byte i of the message of length n is (7·i + n) mod 256; the digests are PyCryptodome's (`Crypto.Hash.RIPEMD160`).
  static let digests: [(length: Int, digest: String)] = [
    (0, "9c1185a5c5e9fc54612808977ee8f548b2258d31"),
    (1, "f291ba5015df348c80853fa5bb0f7946f5c9e1b3"),
    (31, "e1263d7a31cae67c3c2c85d9f8a29f43ae8329a8"),
    (32, "3af08531e63ef9fecf991f002c9f24c4f212de04"),
    (55, "8ce4447e6a334c0d0fd3e0497000d5517b290c6b"),
    (56, "02bbf2b0a77eb8de66c498f16384e495975a36c0"),
    (57, "99af5a2e30d8f8a5a5442995203d6ee074fc8d3f"),
    (63, "487308a77bcebfff3ec6a8961aeec6cb37674388"),
    (64, "fdd721c94769fc21316ecff699e63a77ef64fab4"),
    (65, "4f5953456c001a29a93a01b13edfd89a40613606"),
    (119, "24df45a68bf7057239f2b9b0523d1da9cd13f088"),
    (120, "57cb6d761e1c48de60fea795121dbf972f262e5d"),
    (128, "55246fefe2e0f589c3cfd43279f97691117330ef"),
    (200, "8d85358ee11cecf390adde8af082580bdec887d7"),
    (1000, "622470226d6a7769ad615d58cdd5297d479a7323"),
  ]

  @Test("Lengths around the block and the padding give the known digests", arguments: digests)
  func knownDigests(length: Int, digest: String) {
    let message = (0..<length).map { UInt8(truncatingIfNeeded: 7 * $0 + length) }
    #expect(RIPEMD160.hash(message) == Hex.decode(digest))
  }

  @Test("Examples that the authors published")
  func examples() {
    #expect(RIPEMD160.hash(Array("abc".utf8)) == Hex.decode("8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"))
    #expect(RIPEMD160.hash(Array("message digest".utf8)) == Hex.decode("5d0689ef49d2fae572b881b123a85ffa21595f36"))
    let digits = Array(String(repeating: "1234567890", count: 8).utf8)
    #expect(RIPEMD160.hash(digits) == Hex.decode("9b752e45573d4b39f4dbd3323cab82bf63326bfb"))
  }

  @Test("Nothing at all is the empty message")
  func nothing() {
    #expect(RIPEMD160.hash(UnsafeRawBufferPointer(start: nil, count: 0)) == Hex.decode(Self.digests[0].digest))
  }
}
