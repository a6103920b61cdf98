import Airbender
import Primitives

/// A program proof, as a prover submits it, read into the words that a verifier image takes, and what it claims.
///
/// The reader is strict: reduced elements, integers in their shortest form, one delegation type, no byte too many. Only zero
/// has two forms, since provers write both. Whether the argument holds is not looked at: only ``ProofImageVerifier`` knows.
///
/// Source: zksync-airbender `execution_utils/src/lib.rs` (`ProgramProof`, `flatten_for_delegation_circuits_set`),
/// `prover/src/prover_stages/mod.rs` (`Proof`), `verifier_common/src/proof_flattener.rs`.
public struct FlattenedProof: Sendable {
  /// The form that the bytes had.
  public let encoding: ProofEncoding
  /// What the image reads, in order: 32 × (register, timestamp low 19 bits, high bits), the main proofs and the proofs of
  /// BLAKE2s delegations with their counts, the preimage of the chain.
  public let words: [UInt32]
  /// Proofs of the recursion program's own cycles.
  public let mainProofs: Int
  /// Proofs of its BLAKE2s delegations.
  public let delegationProofs: Int
  /// What the proof is said to show. The chain is computed from the parameters that the prover names and that no image
  /// reads, so it is worth something only where a verification comes to the same.
  public let claim: ProvedStatement

  /// The most main proofs, and the most delegation proofs, that are read; provers go on recursing until there are two and one.
  public static let maxProofs = 8

  /// Reads a proof.
  ///
  /// - Parameter encoding: the form of the bytes; `nil` recognizes it (``ProofEncoding/detect(_:)``).
  public init(_ bytes: [UInt8], encoding: ProofEncoding? = nil) throws(ProofFormatError) {
    let encoding = encoding ?? .detect(bytes)
    var flattener: ProofFlattener?
    var failure: ProofFormatError?
    bytes.withUnsafeBytes { buffer in
      var reading = ProofFlattener(ProofReader(buffer, encoding), byteCount: buffer.count)
      do throws(ProofFormatError) {
        try reading.readProgramProof()
        flattener = reading
      } catch { failure = error }
    }
    guard let flattener else { throw failure ?? ProofFormatError(position: 0, reason: .truncated) }
    self.encoding = encoding
    words = flattener.words
    mainProofs = flattener.mainProofs
    delegationProofs = flattener.delegationProofs
    claim = flattener.claim
  }
}

/// What a program proof shows: that programs ran one after the other, the last ones verifying the one before, and that the
/// first ended with a result.
public struct ProvedStatement: Hashable, Sendable {
  /// x10 … x17 of the proved program, eight words as 32 little-endian bytes: a batch's public input.
  public var publicInput: Bytes32
  /// Which programs ran: the hash that ``ProgramChain`` explains, written in the same way.
  public var chain: Bytes32

  public init(publicInput: Bytes32, chain: Bytes32) {
    self.publicInput = publicInput
    self.chain = chain
  }

  /// From the words of x10 … x25.
  init(words: ArraySlice<UInt32>) {
    publicInput = PublicInputRegisters.bytes(Array(words.prefix(8)))
    chain = PublicInputRegisters.bytes(Array(words.dropFirst(8)))
  }
}
