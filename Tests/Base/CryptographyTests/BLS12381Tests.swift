import Cryptography
import Primitives
import RandomTesting
import Testing

/// k and the compressed k·G, by py-ecc (`bls.point_compression`).
private let multiplesG1: [(scalar: UInt256, point: String)] = [
  (
    0x1,
    "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
  ),
  (
    0x2,
    "a572cbea904d67468808c8eb50a9450c9721db309128012543902d0ac358a62ae28f75bb8f1c7c42c39a8c5529bf0f4e"
  ),
  (
    0x4241bd9a4ee87b196fd78bd3e55f070d67d9513726603a73fb9176fa54cd973d,
    "a55685c7958528b9c3c5397020f370c22cbf22561a230be5354aa83b4ca5c4215944d88c9b352a6a975cc7d26258e546"
  ),
  (
    0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000,
    "b7f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
  ),
]

private let multiplesG2: [(scalar: UInt256, point: String)] = [
  (
    0x1,
    "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e"
      + "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"
  ),
  (
    0x2,
    "aa4edef9c1ed7f729f520e47730a124fd70662a904ba1074728114d1031e1572c6c886f6b57ec72a6178288c47c33577"
      + "1638533957d540a9d2370f17cc7ed5863bc0b995b8825e0ee1ea1e1e4d00dbae81f14b0bf3611b78c952aacab827a053"
  ),
  (
    0x4241bd9a4ee87b196fd78bd3e55f070d67d9513726603a73fb9176fa54cd973d,
    "adb4f464b18858799489b84a5ca3a586cdec2cf206a4737b8a8c3ca2c43ef65bcd4840428fa1896a36178b6c569c9f89"
      + "12552f6c15113372d928af553783534f97050cd848373ddf5706617ce8253b44115bec7803aa642934f4c2a6f55e329c"
  ),
  (
    0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000,
    "b3e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e"
      + "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"
  ),
]

/// Points of the twist whose order is not r; the last is of the cofactor's order.
private let outsideG2 = [
  "800000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001"
    + "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
  "a00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001"
    + "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
  "8a04da912b3363e00a0545d58e7757f7b60e7a25568adcb3af55dad724d304f7c4742819d1f6a9bf545a719c2fe86214"
    + "01f25b971f88673a879fd835ed521a7dd9ca5ff815d1f8875da864648644d13fc1a29e9e2610e17febed7481715d5ea6",
]

private func g1(_ text: String) -> BLS12381.G1Point? {
  Hex.decode(text).flatMap { BLS12381.G1Point(compressed: $0) }
}

private func g2(_ text: String) -> BLS12381.G2Point? {
  Hex.decode(text).flatMap { BLS12381.G2Point(compressed: $0) }
}

@Suite("BLS12-381")
struct BLS12381Tests {
  let generator1: BLS12381.G1Point
  let generator2: BLS12381.G2Point

  init() throws {
    generator1 = try #require(g1(multiplesG1[0].point))
    generator2 = try #require(g2(multiplesG2[0].point))
  }

  @Test("Multiples of the generator of G1 are read from py-ecc's encodings", arguments: multiplesG1)
  func multiples1(scalar: UInt256, point: String) throws {
    let multiple = generator1.multiplied(by: scalar)
    var bytes = try #require(Hex.decode(point))
    #expect(BLS12381.G1Point(compressed: bytes) == multiple)
    bytes[0] ^= 0x20
    #expect(BLS12381.G1Point(compressed: bytes) == -multiple, "the other root")
  }

  @Test("Multiples of the generator of G2 are read from py-ecc's encodings", arguments: multiplesG2)
  func multiples2(scalar: UInt256, point: String) throws {
    let multiple = generator2.multiplied(by: scalar)
    var bytes = try #require(Hex.decode(point))
    #expect(BLS12381.G2Point(compressed: bytes) == multiple)
    bytes[0] ^= 0x20
    #expect(BLS12381.G2Point(compressed: bytes) == -multiple, "the other root")
  }

  @Test("Infinity is zero, has one encoding, and is r times any point")
  func infinity() {
    #expect(generator1.multiplied(by: BLS12381.order) == .infinity)
    #expect(generator2.multiplied(by: BLS12381.order) == .infinity)
    #expect(generator1 + -generator1 == .infinity)
    #expect(generator2 + -generator2 == .infinity)
    #expect(generator1 + .infinity == generator1)
    #expect(generator2 + .infinity == generator2)
    #expect(BLS12381.G1Point(compressed: [0xc0] + [UInt8](repeating: 0, count: 47)) == .infinity)
    #expect(BLS12381.G2Point(compressed: [0xc0] + [UInt8](repeating: 0, count: 95)) == .infinity)
  }

  @Test("The groups' laws")
  func laws() {
    var random = SplitMix64(seed: 1)
    for _ in 0..<4 {
      let a = random.word(), b = random.word()
      let p = generator1.multiplied(by: a), q = generator2.multiplied(by: b)
      #expect(p + p == p.multiplied(by: 2))
      #expect(q + q == q.multiplied(by: 2))
      #expect(p.multiplied(by: b) == generator1.multiplied(by: b).multiplied(by: a))
      #expect(q.multiplied(by: a) == generator2.multiplied(by: a).multiplied(by: b))
    }
  }

  @Test("The pairing is linear in both arguments, and not constant")
  func bilinear() {
    var random = SplitMix64(seed: 2)
    for _ in 0..<3 {
      let a = random.word() >> 2, b = random.word() >> 3
      let p = generator1.multiplied(by: a), q = generator2.multiplied(by: b)
      let product = generator1.multiplied(by: a.multipliedModulo(b, BLS12381.order))
      #expect(BLS12381.pairingCheck([(p, q), (-product, generator2)]))
      #expect(BLS12381.pairingCheck([(p, q), (-generator1.multiplied(by: b), generator2.multiplied(by: a))]))
      #expect(!BLS12381.pairingCheck([(p, q), (product, generator2)]))
      #expect(!BLS12381.pairingCheck([(p, q)]))
    }
    #expect(!BLS12381.pairingCheck([(generator1, generator2)]))
  }

  @Test("Pairs with infinity, and no pairs, multiply to one")
  func pairsWithInfinity() {
    #expect(BLS12381.pairingCheck([]))
    #expect(BLS12381.pairingCheck([(.infinity, generator2)]))
    #expect(BLS12381.pairingCheck([(generator1, .infinity)]))
    #expect(!BLS12381.pairingCheck([(generator1, .infinity), (generator1, generator2)]))
  }

  @Test("Points of the twist outside the subgroup are refused", arguments: outsideG2)
  func outside(point: String) { #expect(g2(point) == nil) }

  @Test("Encodings of G2 other than the one are refused")
  func badEncodings() throws {
    let good = try #require(Hex.decode(multiplesG2[0].point))
    #expect(BLS12381.G2Point(compressed: good) != nil)
    #expect(BLS12381.G2Point(compressed: Array(good.dropLast())) == nil)
    #expect(BLS12381.G2Point(compressed: good + [0]) == nil)
    #expect(BLS12381.G2Point(compressed: []) == nil)
    var bad = good
    bad[0] &= 0x7f
    #expect(BLS12381.G2Point(compressed: bad) == nil, "not compressed")
    bad = good
    bad[0] |= 0x40
    #expect(BLS12381.G2Point(compressed: bad) == nil, "infinity with coordinates")
    bad = [0x9f] + [UInt8](repeating: 0xff, count: 95)
    #expect(BLS12381.G2Point(compressed: bad) == nil, "x above p")
    bad = Array(good[..<48]) + [UInt8](repeating: 0xff, count: 48)
    #expect(BLS12381.G2Point(compressed: bad) == nil, "the real part above p")
    var random = SplitMix64(seed: 3)
    for _ in 0..<60 {
      bad = random.bytes(96)
      bad[0] = 0x80 | bad[0] & 0x0f
      bad[48] &= 0x0f
      #expect(BLS12381.G2Point(compressed: bad) == nil, "random bytes name no point of the subgroup")
    }
  }
}
