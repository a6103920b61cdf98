import Primitives
import StateTree

/// Why the state tree has no answer.
public enum StateProofError: Error, Sendable, Equatable {
  /// The chain does not have the block.
  case noSuchBlock(UInt64, newest: UInt64)
  /// The chain has the block, the tree does not yet; asking again helps.
  case notYet(UInt64, newest: UInt64)
  /// The tree no longer has what is needed to show this version.
  case pruned(UInt64, oldest: UInt64)
  /// The disk, or what is on it, failed.
  case failed(String)
}

/// The state tree as the API sees it. Called on worker threads.
///
/// The tree follows the chain at a small distance. Both calls wait a moment for a block that it has not reached.
public protocol StateProver: Sendable {
  /// Root and leaf count after any block, however old.
  func commitment(after block: UInt64) throws(StateProofError) -> StateCommitment

  /// Proofs for slots of an account after a block.
  func prove(_ slots: [Bytes32], of address: Address, after block: UInt64) throws(StateProofError) -> AccountProof
}
