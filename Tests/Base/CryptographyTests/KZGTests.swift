import Cryptography
import Primitives
import RandomTesting
import Testing

private struct Proof: Sendable {
  let commitment: String
  let versionedHash: String
  let z: UInt256
  let y: UInt256
  let proof: String
}

/// Of seeded random blobs, by c-kzg-4844 (`compute_kzg_proof`): a full one, one of three elements, the same kind at a root
/// of unity, and the zero blob, whose commitment and proof are infinity.
private let proofs = [
  Proof(
    commitment: "b2bfd2fde9826b0ade745ec75a8971c06e2990d965dbb91a6b9287a1f99cdd1f1f14c2d5088b85d12f7aa0a670cd0420",
    versionedHash: "0136829b6b3829f8573d0a5be3040dceec7b355fcce1ed5aa00718616b14e357",
    z: 0x4199fc609422c0bd4e76304a41b3f0f79bd074679176833ec2d0845745863d20,
    y: 0x5588555798264ea142f0a5cec8e8cce11b472cd9b163c26d956ccd6f4cc4aea4,
    proof: "9635455db828dbc755ff5bc01b699294a6003c03c117185288f71e938e2f06904e5b0558e7514687c5ca6fef451fe62d"),
  Proof(
    commitment: "b073befe016f2b9b0e333cb69730f93f909d0717f8e030c8155f63b2f5c2c51c28481729fdaaed3478eff28d2cc65d96",
    versionedHash: "018b31182438b0ee3df29a7e4dddcc412f0587be92eb88ce221b21be2c09387b",
    z: 0x294ae11e556196789b961690dd39b6c28158489042b5fed55535f4557533a63d,
    y: 0x6b9ed80cc2662b7f8d993746933b192c58bb4e6a90450ad6963f9eba3e7a52bc,
    proof: "b2fc8b6810ef63b237ddb04050e27909572248368e637829278a5188516adddcf757028a275238b89cf5b29a88b1314e"),
  Proof(
    commitment: "8142ab8a1ecd390613062240f346d78c39886870c34faa13635d779532d54e5b6cbb29dc279e31b8b14ecf05ccf7f574",
    versionedHash: "01469900f045adaa0f52ddb22006da2ba84c1c5f3e6f5630c3b054784f4ed7f4",
    z: 0x0000000000000000000000000000000000000000000000000000000000000001,
    y: 0x1a9f5fe05a0044e843749d2ec37be79a67fb828472541a9ccae11d61eb3c3781,
    proof: "91b79e050918f3b187c32f9cc87bdcf1bdf0bcb11a82361b61cb3296aadc51489fb4e7c8c16d205c7e99b9a17092e6b9"),
  Proof(
    commitment: "c00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    versionedHash: "010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014",
    z: 0x3d1352ce0b9dac698a6b63c217a30114a337ba13801fcd0ce85870e71f563d92,
    y: 0x0000000000000000000000000000000000000000000000000000000000000000,
    proof: "c00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"),
]

@Suite("KZG point evaluation (EIP-4844)")
struct KZGTests {
  private func verify(_ commitment: [UInt8], _ z: UInt256, _ y: UInt256, _ proof: [UInt8]) -> Bool {
    commitment.withUnsafeBytes { commitment in
      proof.withUnsafeBytes { KZG.verify(commitment: commitment, z: z, y: y, proof: $0) }
    }
  }

  @Test("Proofs of c-kzg-4844 are verified", arguments: proofs)
  private func valid(proof: Proof) throws {
    let commitment = try #require(Hex.decode(proof.commitment)), w = try #require(Hex.decode(proof.proof))
    #expect(verify(commitment, proof.z, proof.y, w))
    #expect(commitment.withUnsafeBytes { KZG.versionedHash(of: $0) } == Bytes32(hex: proof.versionedHash))
  }

  @Test("Another value, place, commitment or proof is refused", arguments: proofs[..<3])
  private func wrong(proof: Proof) throws {
    let commitment = try #require(Hex.decode(proof.commitment)), w = try #require(Hex.decode(proof.proof))
    #expect(!verify(commitment, proof.z, proof.y ^ 1, w))
    #expect(!verify(commitment, proof.z ^ 1, proof.y, w))
    #expect(!verify(w, proof.z, proof.y, commitment))
    var negated = w
    negated[0] ^= 0x20
    #expect(!verify(commitment, proof.z, proof.y, negated))
    negated = commitment
    negated[0] ^= 0x20
    #expect(!verify(negated, proof.z, proof.y, w))
  }

  @Test("Numbers from the order on are refused, even where they are right modulo it")
  func scalarsOutOfRange() throws {
    let zero = proofs[3]
    let infinity = try #require(Hex.decode(zero.commitment))
    #expect(verify(infinity, zero.z, 0, infinity))
    #expect(!verify(infinity, zero.z, KZG.order, infinity))
    #expect(!verify(infinity, KZG.order, 0, infinity))
    #expect(!verify(infinity, .max, 0, infinity))
    #expect(!verify(infinity, zero.z, .max, infinity))
  }

  @Test("Encodings that name no point of the subgroup are refused, on both sides")
  func invalidPoints() throws {
    let infinity = try #require(Hex.decode(proofs[3].commitment))
    for text in badEncodings + outsideG1 {
      let bad = try #require(Hex.decode(text))
      #expect(!verify(bad, 1, 0, infinity), "\(text)")
      #expect(!verify(infinity, 1, 0, bad), "\(text)")
    }
    for length in [0, 1, 47, 49, 96] {
      let short = [UInt8](repeating: 0xc0, count: length)
      #expect(!verify(short, 1, 0, infinity))
      #expect(!verify(infinity, 1, 0, short))
    }
  }

  @Test("Random bytes never stop the program")
  func garbage() {
    var random = SplitMix64(seed: 1)
    for _ in 0..<60 {
      var commitment = random.bytes(48), proof = random.bytes(48)
      commitment[0] = 0x80 | commitment[0] & 0x3f
      proof[0] = 0x80 | proof[0] & 0x3f
      #expect(!verify(commitment, random.word() >> 2, random.word() >> 2, proof))
    }
  }
}

/// Points of y² = x³ + 4 whose order is not r, made with py-ecc: (0, 2), whose order is three, three others, and one whose
/// order divides the cofactor.
private let outsideG1 = [
  "a00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
  "800000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000004",
  "a00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000005",
  "800000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000006",
  "8178cf212a88384eeba278f88dc49d07e78bd6bc9e80907828aea86c2d89ab60fd47cb711c5c18403b3e2e70015106da",
]

private let badEncodings = [
  // No point has these x.
  "800000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
  "800000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000002",
  // The generator without the flag of compression.
  "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
  // x = p + 0, and all ones.
  "9a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
  "9fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  // Infinity with the flag of the sign, with another bit, and without the flag of compression.
  "e00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
  "c00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
  "c10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
  "400000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
  "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
]
