import Airbender
import FRIProofTesting
import FRIProofs
import JSON
import Primitives
import Testing
import ZKsyncOS

/// A proof that a real prover made, and what it shows.
struct RealProof: Sendable, CustomTestStringConvertible {
  let name: String
  /// What the verifier takes for it, as the verifier run by the proving system's own simulator does.
  let cycles: UInt64
  let publicInput: String
  /// x18 … x25, from the data that came with the proof; for our own blocks the chain that they must have.
  let chain: Bytes32
  var testDescription: String { name }

  static let words = 349_197

  static let all: [RealProof] = [
    RealProof(
      name: "hashed-fibonacci-recursion-1", cycles: 6_668_825,
      publicInput: registers(238_828_317, 65535, 3_891_143_671, 0, 0, 0, 0, 0),
      chain: PublicInputRegisters.bytes([
        2_520_375_392, 841_864_055, 3_786_583_208, 378_858_129, 4_119_708_876, 1_077_321_342, 1_054_382_828,
        2_066_149_261,
      ])),
    RealProof(
      name: "batch-snark-job", cycles: 6_669_583,
      publicInput: "0xedf168608f0189fea3963e9c770b78d4e4d609dbb32818b82f811f180876b093",
      chain: PublicInputRegisters.bytes([
        288_010_945, 1_836_136_903, 1_174_001_017, 864_955_843, 2_707_541_889, 3_573_373_728, 1_389_319_563,
        789_974_124,
      ])),
    RealProof(
      name: "block-1", cycles: 6_670_159,
      publicInput: "0x6124ef982191a8303cfb309b854a27869468f2ea9c71e4feab5f095212f9f80a", chain: ours),
    RealProof(
      name: "block-2", cycles: 6_672_226,
      publicInput: "0x195200f6fe8b80c979c36a9b4163166349ac41bcddc95d162d1282a748165fda", chain: ours),
  ]

  private static var ours: Bytes32 { ProgramChain.known(of: .v0_0_5).first?.hash ?? .zero }

  private static func registers(_ words: UInt32...) -> String { "\(PublicInputRegisters.bytes(words))" }

  var bytes: [UInt8] { get throws { try #require(try ProofFiles.proof("\(name).bincode1")) } }

  var statement: ProvedStatement {
    get throws { ProvedStatement(publicInput: try #require(Bytes32(hex: publicInput)), chain: chain) }
  }

  /// The first proof of a job of the SNARK prover.
  static func fromJob(_ name: String) throws -> [UInt8] {
    let job = try JSONValue(parsing: #require(try ProofFiles.proof(name)))
    let proof = try #require(job["fri_proofs"]?.elements?.first)
    let bytes = try #require(proof.withStringBytes { try? Base64.decode($0) })
    return try #require(bytes)
  }
}

/// The verifier, made once for all tests.
enum TestVerifier {
  static let shared = Result { try ProofImageVerifier(image: #require(try ProofFiles.image()), machines: 2) }
}
