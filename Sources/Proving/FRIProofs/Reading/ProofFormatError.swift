/// Why bytes are no program proof.
public struct ProofFormatError: Error, Hashable, Sendable {
  /// Offset of the first byte of what is wrong.
  public let position: Int
  public let reason: Reason

  package init(position: Int, reason: Reason) {
    self.position = position
    self.reason = reason
  }

  /// What is wrong there.
  public enum Reason: Hashable, Sendable {
    /// The bytes end too early.
    case truncated
    /// So many bytes follow the proof.
    case surplus(Int)
    /// An integer is written in a longer form than it needs, or is too large for its field.
    case integer
    /// An element of the field is above 2³¹ − 1, which is the second form of zero.
    case element(UInt32)
    /// The tag of something optional is neither 0 nor 1.
    case tag(UInt8)
    /// There are more or fewer of something than can be.
    case count(Part, UInt64)
    /// A proof of a delegation of this type, which the recursion machine does not have.
    case delegationType(UInt32)
    /// A register was last used at a time that no run reaches.
    case timestamp(UInt64)
    /// The parts of a query are about different places.
    case queryIndices
    /// The preimage of the chain of programs is missing.
    case noPreimage
  }

  /// What a proof has a number of.
  public enum Part: String, Sendable {
    case mainProofs = "main proofs"
    case delegationTypes = "types of delegations"
    case delegationProofs = "delegation proofs"
    case registers = "registers"
    /// Anything inside of a proof: its number is bounded by the bytes that are left.
    case elements = "elements"
  }
}

extension ProofFormatError: CustomStringConvertible {
  public var description: String { "\(reason) at byte \(position)" }
}

extension ProofFormatError.Reason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .truncated: "the proof ends too early"
    case .surplus(let count): "\(count) bytes too many"
    case .integer: "an integer not in its shortest form, or too large"
    case .element(let value): "\(value) is no element of the field"
    case .tag(let value): "\(value) is no tag of an optional field"
    case .count(let part, let count): "\(count) \(part.rawValue)"
    case .delegationType(let type): "a proof of the delegation \(type)"
    case .timestamp(let value): "the timestamp \(value) of a register"
    case .queryIndices: "the parts of a query have different indices"
    case .noPreimage: "no preimage of the chain of programs"
    }
  }
}
