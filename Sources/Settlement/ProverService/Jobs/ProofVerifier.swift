import Batches
import Concurrency
import FRIProofs
import Primitives

/// Decides whether bytes that a prover sent prove a batch. Called from several threads, with bytes of any content.
public protocol ProofVerifier: Sendable {
  /// Whether a proof that passes is one beyond doubt. If not, what it was made from is kept.
  var isConclusive: Bool { get }

  /// Returns if `proof` proves `batch`, as far as this verifier can tell.
  ///
  /// - Parameter cancellation: ends a check that takes long, with ``ProofFault/interrupted``.
  func verify(_ proof: [UInt8], of batch: Batch, _ cancellation: Cancellation) throws(ProofFault)
}

/// What is wrong with a proof.
public enum ProofFault: Error, Hashable, Sendable {
  /// The bytes are not a program proof, in neither form of bincode.
  case encoding(String)
  /// It says of itself that it is about another public input than that of the batch.
  case otherBatch(found: Bytes32, expected: Bytes32)
  /// It says of itself that it is of a program that is not allowed; the chain hash of that program.
  case otherProgram(found: Bytes32, allowed: [Bytes32])
  /// The argument does not hold.
  case argument(String)
  /// The check was ended before it could tell.
  case interrupted

  /// One word for each: in metrics and in the names of files.
  enum Kind: String, CaseIterable {
    case encoding
    case otherBatch = "other_batch"
    case otherProgram = "other_program"
    case argument
    case interrupted
  }

  var kind: Kind {
    switch self {
    case .encoding: .encoding
    case .otherBatch: .otherBatch
    case .otherProgram: .otherProgram
    case .argument: .argument
    case .interrupted: .interrupted
    }
  }
}

extension ProofFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .encoding(let reason): "malformed proof: \(reason)"
    case .otherBatch(let found, let expected):
      "proof verification failed: the proof is of another batch: its public input is \(found), that of this batch \(expected)"
    case .otherProgram(let found, let allowed):
      "proof verification failed: the proof is of another program: its chain hash is \(found), allowed are "
        + allowed.map { "\($0)" }.joined(separator: ", ")
    case .argument(let reason): "proof verification failed: the argument does not hold: \(reason)"
    case .interrupted: "the check of the proof was interrupted"
    }
  }
}
