import Batches
import Concurrency
import FRIProofs
import Primitives

/// Decides about FRI proofs as provers send them. What is cheap comes first: a proof that says of itself that it is of
/// another batch or program costs no more than being read.
///
/// Without a verifier image the proof is read and compared all the same, but everything that it says could be invented.
public struct FRIProofVerifier: ProofVerifier {
  private let image: ProofImageVerifier?
  private let allowed: AllowedPrograms

  /// - Parameters:
  ///   - image: verifies the argument; `nil` where there is none.
  ///   - allowed: of which programs a proof may be.
  public init(image: ProofImageVerifier? = nil, allowed: AllowedPrograms = .published) {
    self.image = image
    self.allowed = allowed
  }

  public var isConclusive: Bool { image != nil }

  public func verify(_ bytes: [UInt8], of batch: Batch, _ cancellation: Cancellation) throws(ProofFault) {
    let proof: FlattenedProof
    do throws(ProofFormatError) { proof = try FlattenedProof(bytes) } catch { throw .encoding("\(error)") }
    try compare(proof.claim, with: batch)
    guard let image else { return }
    let verified: VerifiedProof
    do throws(ProofRefusal) { verified = try image.verify(proof, cancellation: cancellation) } catch {
      throw error == .cancelled ? .interrupted : .argument("\(error)")
    }
    // What the image found, not what the proof said.
    try compare(verified.statement, with: batch)
  }

  private func compare(_ statement: ProvedStatement, with batch: Batch) throws(ProofFault) {
    guard statement.publicInput == batch.publicInput else {
      throw .otherBatch(found: statement.publicInput, expected: batch.publicInput)
    }
    guard let chains = allowed.chains(of: batch.protocolVersion) else { return }
    guard chains.contains(statement.chain) else { throw .otherProgram(found: statement.chain, allowed: chains) }
  }
}
