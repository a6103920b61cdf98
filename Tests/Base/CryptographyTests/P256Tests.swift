import Cryptography
import Primitives
import RandomTesting
import Testing

private struct Signed: Sendable {
  let hash: String
  let r: UInt256
  let s: UInt256
  let x: UInt256
  let y: UInt256
}

/// The example of RIP-7212, then signatures that Python's `cryptography` (OpenSSL) made of the SHA-256 of "message N" with
/// the key SHA-256("key N") mod 2^255.
private let signatures = [
  Signed(
    hash: "4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4d",
    r: 0xa73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac,
    s: 0x36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d60,
    x: 0x4aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3,
    y: 0x7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e),
  Signed(
    hash: "b526aef1a341cfe6e5c377ed4c222888eeb81f913a107110a867e009c1758f24",
    r: 0xf67f37475392fc0b3aaa2253d62f435ad83bd7d4cfdfffab6034438c16c4ee62,
    s: 0xc21036f5bf528c35fba2b16034627a264175111db10ce372784fe62d606a1fe5,
    x: 0x3a96ede937e59086f86f84af4994e267ef987e2c23b64d0d186696324592492e,
    y: 0xb42b0432b624309de2f1f1d7f1494f633d5e4022a9b940c2061a500d3aa77347),
  Signed(
    hash: "84768ddee659efeafdeb972b55143141bc23b6e333c70e8b68d29774ab09a548",
    r: 0x404ef32e0754a87cd4d83e348a78a7a4952797339a076959b89f9b42f1fa40d5,
    s: 0x09278cfd885ade210d545e4f11badd59c9badec31523f760c4a3bfc734c67099,
    x: 0x7db025c5c8e46a8fb02f24d47ef0138f388f3cc7897ad06069b9ffd7391dbc07,
    y: 0x605b8bb1740cf6f18d2bc74e89d855d913aa11b5ebfa8f36c6592cb153eddbde),
  Signed(
    hash: "fb29a8d5309d7c35b180dbd78c63a455a5d1fb45149a3264c08f1aff43524beb",
    r: 0x52b6da6b28070d8ef6d81e2f2d8afdcbf4aba0a67647f46ffc1d8118468c5942,
    s: 0x7e355b5cef4c5f5fb8fda576e63deb6a3c55cbd83ea8008ac5094e68d0aff923,
    x: 0xed3bec8e49eb498e92aa8f661c73d9b4dd4e3b6161059207587faa03969cc0a9,
    y: 0xc145c98a627c264a20401f2f83ba615ce38890f97e6e2415293d82c80750fcb6),
  Signed(
    hash: "1c5ba87422760b1457f1413aa1d3ae2f27da7a8836d002af70ae566b75a4a845",
    r: 0x3aa0a884d62d4eabf23ac592707b9680852265844528f998940bcfec824a9672,
    s: 0xce09ac0715c0743130f175cf125ba57783cabd9d54cacc980e5f1f7552aa379d,
    x: 0x9a365d08d58de1293f409068fb758de26ca5ab0df8eb7fb95ad5272c58b9b0ce,
    y: 0xd95b4fbb5aa2fcbbf37f91ca5fc0a49bfab6788d69c70b35f25a316eaea0f8ff),
  Signed(
    hash: "ee2a8bc71ab625659947b3f4001195a67062f249566b4cfb341ed53b1b943caa",
    r: 0xcbfed0fc070c97f97cf96697cdc8480081a0473e6be5168fc7f9939d729cce71,
    s: 0x37ead7834072b45695d8aee4feb38a2324516f8b12fe2b9524f987e4fd3bcd90,
    x: 0x269cc483cb8e1bcfc48772e4caa362b40b559484105379a05f61aa0b0a9b86fb,
    y: 0x051ab89731078d77e0cd70089c41a9c0fa9d7c94f5d4585f6a5893d2b30f71a3),
]

private let n: UInt256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
private let p: UInt256 = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff

@Suite("P-256")
struct P256Tests {
  @Test("Signatures of others are verified, with either s", arguments: signatures)
  private func valid(signed: Signed) throws {
    let hash = try #require(Bytes32(hex: signed.hash))
    #expect(P256.verify(hash: hash, r: signed.r, s: signed.s, x: signed.x, y: signed.y))
    #expect(P256.verify(hash: hash, r: signed.r, s: n &- signed.s, x: signed.x, y: signed.y))
  }

  @Test("A change anywhere is noticed", arguments: signatures)
  private func changed(signed: Signed) throws {
    let hash = try #require(Bytes32(hex: signed.hash))
    let other = Bytes32(UInt256(hash) ^ 1)
    #expect(!P256.verify(hash: other, r: signed.r, s: signed.s, x: signed.x, y: signed.y))
    #expect(!P256.verify(hash: hash, r: signed.r ^ 1, s: signed.s, x: signed.x, y: signed.y))
    #expect(!P256.verify(hash: hash, r: signed.r, s: signed.s ^ 1, x: signed.x, y: signed.y))
    #expect(!P256.verify(hash: hash, r: signed.r, s: signed.s, x: signed.x ^ 1, y: signed.y))
    #expect(!P256.verify(hash: hash, r: signed.r, s: signed.s, x: signed.x, y: p &- signed.y))
    #expect(!P256.verify(hash: hash, r: signed.s, s: signed.r, x: signed.x, y: signed.y))
  }

  @Test("Numbers out of range are refused")
  func outOfRange() throws {
    let signed = signatures[0]
    let hash = try #require(Bytes32(hex: signed.hash))
    for bad in [UInt256.zero, n, n &+ 1, .max] {
      #expect(!P256.verify(hash: hash, r: bad, s: signed.s, x: signed.x, y: signed.y))
      #expect(!P256.verify(hash: hash, r: signed.r, s: bad, x: signed.x, y: signed.y))
    }
    for bad in [UInt256.zero, p, p &+ 1, .max] {
      #expect(!P256.verify(hash: hash, r: signed.r, s: signed.s, x: bad, y: signed.y))
      #expect(!P256.verify(hash: hash, r: signed.r, s: signed.s, x: signed.x, y: bad))
    }
    #expect(!P256.verify(hash: hash, r: signed.r, s: signed.s, x: 0, y: 0))
  }

  @Test("Random numbers never stop the program")
  func garbage() {
    var random = SplitMix64(seed: 1)
    for _ in 0..<200 {
      #expect(
        !P256.verify(
          hash: random.bytes32(), r: random.word(), s: random.word(), x: random.word(), y: random.word()))
      // The generator is a valid key; nothing signs a random hash.
      #expect(
        !P256.verify(
          hash: random.bytes32(), r: random.word() >> 1, s: random.word() >> 1,
          x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
          y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5))
    }
  }
}
