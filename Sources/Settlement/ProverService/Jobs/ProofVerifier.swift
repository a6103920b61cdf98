import Primitives

/// Decides whether bytes that a prover sent prove a batch. Called from several threads, with bytes of any content.
public protocol ProofVerifier: Sendable {
  /// Whether a proof that passes is one beyond doubt. If not, what it was made from is kept.
  var isConclusive: Bool { get }

  /// Returns if `proof` shows `publicInput`.
  func verify(_ proof: [UInt8], publicInput: Bytes32) throws(ProofFault)
}

/// What is wrong with a proof.
public enum ProofFault: Error, Hashable, Sendable {
  /// The bytes are not a program proof in bincode's fixed-width form.
  case malformed(String)
  /// There is no recursion proof in it.
  case noProofs
  /// The result in the final registers is another one.
  case otherPublicInput(Bytes32)
  /// A verifier does not accept it.
  case rejected(String)
}

extension ProofFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .malformed(let reason): "malformed proof: \(reason)"
    case .noProofs: "the proof contains no recursion proof"
    case .otherPublicInput(let found): "the proof is about the public input \(found)"
    case .rejected(let reason): reason
    }
  }
}

/// Checks the frame of a proof, and that it *claims* the right result. It does not verify the argument itself: there is no
/// verifier of the FRI proofs in this program, so whoever reaches the prover API can have a forged proof stored. L1 and
/// every consumer of a proof verify it anyway; a node that must not store forgeries puts a verifier in place of this one.
///
/// The container is bincode 1 (fixed-width little-endian) of `ProgramProof`: the recursion proofs, proofs of delegations,
/// 32 final registers as (value u32, timestamp u64), eight end parameters, the preimage and the hash of the recursion
/// chain as optionals. The proofs have no length of their own, so the fields after them are read from the end.
/// Source: zksync-airbender `execution_utils/src/lib.rs`, `prover/src/prover_stages/mod.rs`.
public struct StructuralProofVerifier: ProofVerifier {
  /// Main proofs that one program proof may have; real ones have a few hundred before recursion and one or two after it.
  private static let maxProofs: UInt64 = 1 << 16
  private static let registersLength = 8 + 32 * 12
  private static let endParametersLength = 32

  public init() {}

  public var isConclusive: Bool { false }

  public func verify(_ proof: [UInt8], publicInput: Bytes32) throws(ProofFault) {
    guard proof.count >= 8 else { throw .malformed("\(proof.count) bytes") }
    let proofs = Self.number(proof, at: 0)
    guard proofs > 0 else { throw .noProofs }
    guard proofs <= Self.maxProofs else { throw .malformed("\(proofs) proofs") }
    guard let registers = Self.registers(of: proof) else { throw .malformed("no final registers at its end") }
    let claimed = Self.publicInput(proof, registersAt: registers)
    guard claimed == publicInput else { throw .otherPublicInput(claimed) }
  }

  /// Where the final registers begin, whichever of the two optionals at the end are there.
  private static func registers(of proof: [UInt8]) -> Int? {
    for (preimage, hash) in [(true, true), (false, false), (true, false), (false, true)] {
      let hashStart = proof.count - (hash ? 33 : 1)
      let preimageStart = hashStart - (preimage ? 65 : 1)
      let start = preimageStart - endParametersLength - registersLength
      // Before the registers there are at least the counts of both lists of proofs.
      guard start >= 16, proof[hashStart] == (hash ? 1 : 0), proof[preimageStart] == (preimage ? 1 : 0),
        number(proof, at: start) == 32
      else { continue }
      return start
    }
    return nil
  }

  /// The values of x10 … x17.
  private static func publicInput(_ proof: [UInt8], registersAt start: Int) -> Bytes32 {
    let bytes = (10..<18).flatMap { register in
      let value = start + 8 + register * 12
      return proof[value..<value + 4]
    }
    return Bytes32(bytes) ?? .zero
  }

  private static func number(_ bytes: [UInt8], at offset: Int) -> UInt64 {
    bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
