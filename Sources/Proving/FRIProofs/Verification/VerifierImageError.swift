import Airbender
import Primitives

/// Why an image cannot verify proofs.
public enum VerifierImageError: Error, Equatable, Sendable {
  /// Another program: whatever it accepts would mean nothing.
  case otherImage(sha256: Bytes32)
  /// The machine cannot be made.
  case machine(AirbenderError)
}

extension VerifierImageError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .otherImage(let hash):
      "the image's SHA-256 is \(hash); the verifier of recursion proofs, recursion_layer.bin of zksync-airbender v0.3.3, has "
        + "\(ProofImageVerifier.imageHash)"
    case .machine(let error): "\(error)"
    }
  }
}
