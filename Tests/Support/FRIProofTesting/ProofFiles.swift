import Files
import Glibc

/// The verifier's image and real proofs, where the environment names them.
package enum ProofFiles {
  /// Whether tests can run the verifier.
  package static var hasImage: Bool { value("PROOF_VERIFIER_IMAGE") != nil }

  /// Whether there are real proofs.
  package static var hasProofs: Bool { value("FRI_PROOFS") != nil }

  /// The bytes of `recursion_layer.bin`.
  package static func image() throws -> [UInt8]? { try value("PROOF_VERIFIER_IMAGE").map { try Files.read($0) } }

  /// Whether tests can run the recursion program.
  package static var hasRecursionImage: Bool { value("RECURSION_IMAGE") != nil }

  /// The bytes of `universal.bin`.
  package static func recursionImage() throws -> [UInt8]? { try value("RECURSION_IMAGE").map { try Files.read($0) } }

  /// A file of the folder of real proofs.
  package static func proof(_ name: String) throws -> [UInt8]? {
    try value("FRI_PROOFS").map { try Files.read("\($0)/\(name)") }
  }

  private static func value(_ variable: String) -> String? { getenv(variable).map { String(cString: $0) } }
}
