import FRIProofs
import Primitives
import ZKsyncOS

/// Of which programs a proof may be: the argument alone only shows that *some* program ended with the public input.
public enum AllowedPrograms: Hashable, Sendable {
  /// The published guests of the batch's protocol version, with the recursion programs that are known
  /// (``ProgramChain/known(of:)``).
  case published
  /// Those with these chain hashes, whatever the version.
  case chains([Bytes32])
  /// Any, as the reference accepts it: whoever writes a program that ends with the right words can have its proof stored.
  case any

  /// The chain hashes for batches of a version; `nil` for any.
  func chains(of version: ProtocolVersion) -> [Bytes32]? {
    switch self {
    case .published: ProgramChain.known(of: version).map(\.hash)
    case .chains(let chains): chains
    case .any: nil
    }
  }
}
