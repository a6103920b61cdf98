import Cryptography
import Primitives
import RandomTesting
import Testing

/// A power and its operands, in hexadecimal; the result is that of Python's `pow`.
private struct Power: Sendable {
  let base: String
  let exponent: String
  let modulus: String
  let result: String
}

/// Seeded random operands: odd and even moduli, a power of two, operands shorter and longer than the modulus.
private let powers = [
  Power(
    base: "9f",
    exponent: "41",
    modulus: "bd",
    result: "6c"),
  Power(
    base: "bcfbc85b37ce91cbde1fc1b0ea6b44f130436dd729fe69bd9e8ceba6a07d1dec",
    exponent: "25b1b087efe26c07ff0d21d7db0b33777738a5c674d37ff136eac13f553223a6",
    modulus: "3841460d3b6aa1e68d682728f610fb1c7fd92d5fa2e81478007152dea8651f3f",
    result: "2b4e7ce33be9432ff54b2329f5e7462e210cea8c1b87f7191285e5df1ff0bed6"),
  Power(
    base: "ce59796168e9338b87fe1a1a45cfed925923d43f99735b0320db2ebba29a7b37",
    exponent: "6c967c681d288c47b1829c2e219c95ea9dcc11de459506c4f129b2635ed2db28",
    modulus: "768b0dc357d311cc481e6a12ea4286231c69309e4b5e119e7ec0e07166500000",
    result: "1fbd81bdef7e4e9e12170ac3ff93d865e5a79d6a61fd4297794fd0182b081a41"),
  Power(
    base: "7889da2130517400b918ebf8aa6114dfb2335c01fbee9e35ab3c0ac619c62937bfe3caf537f37ffb",
    exponent: "91752a",
    modulus: "801d56df0cba9e2a5de70f4aba744b50f26b23f62869ea33",
    result: "6ad86f6e0db4de4c86306fffeb4290afc76e311c64e2190a"),
  Power(
    base: "968c0a8a8e5449e0",
    exponent: "444c86ada1da2fa02b6e6c346dd6812e97cde3f03456f3f717e9cdb03baa663226c270f7968e10f7",
    modulus: "3241cce457ef1a62f06d7d4c1ca085058af1765c9153376a80187c2a931b900000",
    result: "2624aa49d926df18487c0111b1d24cb8c45575c32559e1b99fcd971e6c57600000"),
  Power(
    base:
      "fc2d894300ffac10696af454b3de254d842541d1af6a659a8f5a0d964db7dd00961392984a198dadab432ab5b9688056e6d8e6102767594f6b4ef85a9a668ad1",
    exponent: "4e",
    modulus:
      "c51d127b919148b23fd1d750864c4d2fdf20317bf545f878523265b4b434162df39c970efe219541e81fa0f9ff1363f06784da05ee1c00f30191f2bfb28f8e5b",
    result:
      "ba1ff5bf7c0e9ecc6f3981dd8894ecd0b57fa71b1ef3ede552fb6ab8048af9e2b29373307beba0ecb603dd8487cbc1ca80fa4933470a65bc89a7e89a37fb2509"
  ),
  Power(
    base: "3a1d4ad839d17f67e812a004ef958f8ca637a9c90943386b0944be5ddc7b5960",
    exponent: "4dcf1994",
    modulus: "0080000000000000000000000000000000000000000000000000000000000000",
    result: "0000000000000000000000000000000000000000000000000000000000000000"),
  Power(
    base:
      "4e3253f4813e4f329621781e13f177c13f8bff3e16e4fdedc44dcad1c6c829f137175376186829585af0328332bad35ac8b688e4d0db52860a963a405deb8dc674527d76545aa91b7bbbfa96c00397bf1bc6eec7310c17ccb330075e57ed14dc",
    exponent: "01bbbd4be9af60095d8fd76eebf51ff2929674fa5e905717f42a5f359ac53a5783",
    modulus:
      "9e315f9c1c06d55c0dc307eb2826f0257096075703ba9246043798ecf908deb34e8f8e8b6c1e921742bffc4ff8749bafcccd1951363a614efc2e6f2d816d7ccc15",
    result:
      "82aa897b3611d5d3279162ffa27299d7dec2b24c22c4b92444223e73d91b2b75b36d785c4e492c7c314c2064ed1dfeb5aa9abfe5a8f9aa07374ee1b1d41eef4ba4"
  ),
]

@Suite("Modular exponentiation")
struct ModExpTests {
  @Test("Powers are those of Python", arguments: powers)
  private func knownPowers(power: Power) throws {
    let base = try #require(Hex.decode(power.base)), exponent = try #require(Hex.decode(power.exponent))
    let modulus = try #require(Hex.decode(power.modulus))
    #expect(ModExp.power(base: base, exponent: exponent, modulus: modulus) == Hex.decode(power.result))
  }

  @Test("The example of EIP-198: 3^(p − 1) mod p = 1 for the p of secp256k1 (Fermat)")
  func fermat() {
    let p: UInt256 = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f
    #expect(ModExp.power(base: [3], exponent: (p - 1).bytes, modulus: p.bytes) == UInt256.one.bytes)
  }

  @Test("Corners: empty operands, zero and one as modulus, 0^0")
  func corners() {
    #expect(ModExp.power(base: [], exponent: [], modulus: []) == [])
    #expect(ModExp.power(base: [5], exponent: [5], modulus: []) == [])
    #expect(ModExp.power(base: [5], exponent: [5], modulus: [0]) == [0])
    #expect(ModExp.power(base: [5], exponent: [5], modulus: [0, 0, 0]) == [0, 0, 0])
    #expect(ModExp.power(base: [5], exponent: [5], modulus: [0, 1]) == [0, 0])
    #expect(ModExp.power(base: [5], exponent: [], modulus: [0, 1]) == [0, 0])
    #expect(ModExp.power(base: [], exponent: [], modulus: [7]) == [1])
    #expect(ModExp.power(base: [0, 0], exponent: [0], modulus: [0, 7]) == [0, 1])
    #expect(ModExp.power(base: [], exponent: [3], modulus: [7]) == [0])
    #expect(ModExp.power(base: [3], exponent: [2], modulus: [0, 0, 255]) == [0, 0, 9])
  }

  @Test("Small powers agree with repeated multiplication, leading zeros or not")
  func smallPowers() {
    var random = SplitMix64(seed: 1)
    for _ in 0..<300 {
      let modulus = random.word() >> UInt64.random(in: 0..<255, using: &random)
      let base = random.word() >> UInt64.random(in: 0..<256, using: &random),
        exponent = Int.random(in: 0...40, using: &random)
      var expected = modulus <= 1 ? UInt256.zero : .one
      for _ in 0..<exponent { expected = expected.multipliedModulo(base, modulus) }
      let zeros = [UInt8](repeating: 0, count: Int.random(in: 0...9, using: &random))
      let result = ModExp.power(
        base: zeros + base.bytes, exponent: zeros + [UInt8(exponent)], modulus: zeros + modulus.bytes)
      #expect(result == zeros + expected.bytes)
    }
  }

  @Test("Exponents commute: (b^x)^y = (b^y)^x, for kilobytes")
  func exponentsCommute() {
    var random = SplitMix64(seed: 2)
    for size in [33, 128, 1024] {
      let base = random.bytes(size), modulus = random.bytes(size)
      let x = random.word() >> 1, y = random.word() >> 1
      func power(_ exponent: UInt256) -> [UInt8] {
        ModExp.power(base: base, exponent: exponent.bytes, modulus: modulus)
      }

      let nested = ModExp.power(base: power(x), exponent: y.bytes, modulus: modulus)
      #expect(nested == ModExp.power(base: power(y), exponent: x.bytes, modulus: modulus))
      #expect(nested.count == size)
      #expect(power(2 as UInt256) == ModExp.power(base: power(1 as UInt256), exponent: [2], modulus: modulus))
    }
  }
}
