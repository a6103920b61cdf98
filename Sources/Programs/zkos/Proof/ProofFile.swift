import JSON
import Primitives

/// A file with proofs, in one of the forms in which they travel.
enum ProofFile {
  /// The proofs in `bytes`: the bytes themselves, or in base64 what a submission (`proof`) or a job of the SNARK prover
  /// (`fri_proofs`) holds.
  static func proofs(in bytes: [UInt8]) throws -> [[UInt8]] {
    // No proof begins like that: it would be one of 123 proofs.
    guard bytes.first == UInt8(ascii: "{") else { return [bytes] }
    let body = try JSONValue(parsing: bytes)
    if let proof = body["proof"] { return [try decode(proof)] }
    if let proofs = body["fri_proofs"]?.elements, !proofs.isEmpty { return try proofs.map(decode) }
    throw Fault.noProof
  }

  private static func decode(_ value: JSONValue) throws -> [UInt8] {
    guard let bytes = value.withStringBytes({ try? Base64.decode($0) }), let bytes else { throw Fault.base64 }
    return bytes
  }

  private enum Fault: Error, CustomStringConvertible {
    case noProof, base64

    var description: String {
      switch self {
      case .noProof: "the JSON has neither proof nor fri_proofs"
      case .base64: "a proof is no base64"
      }
    }
  }
}
