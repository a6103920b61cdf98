// What is compared before, and without, a run of the verifier's image. With it: Tests/Programs/NodeTests.

import Concurrency
import FRIProofs
import Primitives
import ProverService
import SettlementTesting
import Testing
import ZKsyncOS

@Suite("What a proof claims")
struct FRIProofVerifierTests {
  let batch = sampleBatch(1)

  func verify(
    _ proof: [UInt8], allowed: AllowedPrograms = .published, version: ProtocolVersion = .current
  ) throws(ProofFault) {
    var batch = batch
    batch.protocolVersion = version
    try FRIProofVerifier(allowed: allowed).verify(proof, of: batch, Cancellation())
  }

  @Test("Without an image nothing is beyond doubt")
  func inconclusive() { #expect(!FRIProofVerifier().isConclusive) }

  @Test("Every published program of the batch's version passes, those of the other version do not")
  func published() throws {
    for chain in ProgramChain.known {
      let proof = claimedProof(batch.publicInput, of: chain.hash)
      try verify(proof, version: chain.guest)
      let other: ProtocolVersion = chain.guest == .v0_0_4 ? .v0_0_5 : .v0_0_4
      let expected = ProgramChain.known(of: other).map(\.hash)
      #expect(throws: ProofFault.otherProgram(found: chain.hash, allowed: expected)) {
        try verify(proof, version: other)
      }
    }
  }

  @Test("Another batch and another program are named")
  func others() throws {
    let other = word(String(repeating: "ab", count: 32))
    let fault = #expect(throws: ProofFault.self) { try verify(claimedProof(other)) }
    #expect(
      fault?.description
        == "proof verification failed: the proof is of another batch: its public input is \(other), that of this batch "
        + "\(batch.publicInput)")
    let program = claimedProof(batch.publicInput, of: other)
    let programFault = #expect(throws: ProofFault.self) { try verify(program) }
    #expect(
      programFault?.description.hasPrefix(
        "proof verification failed: the proof is of another program: its chain hash is \(other), allowed are 0x")
        == true)
    try verify(program, allowed: .any)
    try verify(program, allowed: .chains([.zero, other]))
    #expect(throws: ProofFault.otherProgram(found: other, allowed: [.zero])) {
      try verify(program, allowed: .chains([.zero]))
    }
  }

  @Test("Damaged bytes of every length are refused without a trap, and named as such")
  func damaged() {
    let proof = claimedProof(batch.publicInput)
    for length in 0..<proof.count {
      let fault = #expect(throws: ProofFault.self) { try verify(Array(proof[..<length])) }
      #expect(fault?.description.hasPrefix("malformed proof: ") == true)
    }
    #expect(throws: ProofFault.self) { try verify(proof + [0]) }
  }
}
