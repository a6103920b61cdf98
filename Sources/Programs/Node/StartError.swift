import HTTP
import NodeOptions
import Primitives

/// Why the node did not start, besides what configuration and stores say themselves. One line each.
enum StartError: Error, CustomStringConvertible {
  case cannotCreate(path: String, reason: String)
  case notAFolder(path: String)
  case cannotWrite(path: String, reason: String)
  case cannotRead(path: String, reason: String)
  case cannotListen(Endpoint, ListenError)
  /// Less is free than databases need to be opened.
  case noSpace(path: String, free: UInt64, reserve: UInt64)
  case clockBeforeEpoch
  /// The development L1 began with another chain than that of the databases.
  case foreignL1(path: String, instance: Bytes32, database: String, expected: Bytes32)
  /// The prover API would be open to whoever reaches the address.
  case openProverAPI(Endpoint)
  /// Whoever reaches the address could tell the node what to do.
  case openAdmin(Endpoint)
  /// Whoever reaches the address could take every block as fast as the disk gives them.
  case openFeed(Endpoint)
  /// What a node of this role is not given, or needs to be given.
  case notForRole(NodeRole, option: String, reason: String)
  /// The token of this option is too easily guessed.
  case shortToken(String)
  /// Methods need a token, and there is none.
  case unreachableMethods
  /// An option names a method or namespace that there is not.
  case unknownMethod(String, option: String)
  /// The file does not hold a secret for JSON Web Tokens.
  case unusableSecret(path: String)
  /// The image that proofs would be verified with is none, or another one.
  case unusableVerifier(path: String, reason: String)
  /// Proofs would be stored that nobody has verified, and an operator does not want it.
  case unverifiedProofs(cause: String)
  /// Batches would wait for an archive that there is not.
  case gateWithoutArchive
  /// What the profile for production refuses.
  case notForProduction(option: String, reason: String)

  var description: String {
    switch self {
    case .cannotCreate(let path, let reason): "cannot create the folder \(path): \(reason)"
    case .notAFolder(let path): "\(path) is a file, where the database needs a folder"
    case .cannotWrite(let path, let reason): "cannot write to the folder \(path): \(reason)"
    case .cannotRead(let path, let reason): "cannot read \(path): \(reason)"
    case .cannotListen(let address, let error): "cannot listen on \(address): \(error)"
    case .noSpace(let path, let free, let reserve):
      "only \(free) bytes are free in \(path), and \(reserve) must be (sequencer_min_free_disk_bytes): make room, or lower it"
    case .openProverAPI(let address):
      "the prover API at \(address) can be reached from other machines: set prover_api_token, or prover_api_open to true where "
        + "the network lets only provers through"
    case .openAdmin(let address):
      "admin_address \(address) can be reached from other machines: set admin_token"
    case .openFeed(let address):
      "the replay feed at \(address) can be reached from other machines: set replay_feed_token, or replay_feed_open to true "
        + "where the network lets only nodes of the chain through"
    case .notForRole(let role, let option, let reason): "\(option) with node_role=\(role.rawValue): \(reason)"
    case .unusableVerifier(let path, let reason): "prover_api_verifier_image \(path) cannot verify proofs: \(reason)"
    case .unverifiedProofs(let cause):
      "prover_api_require_verified_proofs is set, and proofs would not be verified: \(cause)"
    case .notForProduction(let option, let reason): "\(option) is not for the profile production: \(reason)"
    case .gateWithoutArchive: "archive_gates_settlement is set, and archive_path is empty"
    case .shortToken(let option): "\(option) has fewer than \(Exposure.minTokenLength) characters"
    case .unreachableMethods: "rpc_protected_methods needs a token: set rpc_token or rpc_jwt_secret"
    case .unknownMethod(let name, let option): "\(option) names \(name), which is no method and no namespace"
    case .unusableSecret(let path): "\(path) does not hold 32 bytes in hexadecimal (rpc_jwt_secret)"
    case .foreignL1(let path, let instance, let database, let expected):
      "the development L1 in \(path) is not that of the databases in \(database): its id is \(instance), theirs "
        + "\(expected). Remove \(path) to begin another, or bring the databases back that belong to it"
    case .clockBeforeEpoch: "the clock stands before 1970: set it"
    }
  }
}
