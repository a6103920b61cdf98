import HTTP

/// Who asks for jobs and sends proofs: the name that a prover gives itself, and where it comes from. Provers can invent
/// names, but not addresses, so that what one may hold is counted by both.
public struct ProverIdentity: Hashable, Sendable {
  public var name: String
  /// The address, or of IPv6 the /64 network; `nil` within the process.
  public var client: IPAddress?

  public init(name: String, address: IPAddress? = nil) {
    self.name = name
    client = address?.client
  }

  /// The name of whoever gives none.
  static let unnamed = "unknown_prover"

  /// Whether one that took a job may be the one that sends a proof: provers of the reference name themselves only then.
  func couldBe(_ other: ProverIdentity) -> Bool {
    client == other.client && (name == other.name || name == Self.unnamed)
  }
}

extension ProverIdentity: ExpressibleByStringInterpolation {
  /// One of this process.
  public init(stringLiteral name: String) { self.init(name: name) }
}

extension ProverIdentity: CustomStringConvertible {
  public var description: String { client.map { "\(name) at \($0)" } ?? name }
}
