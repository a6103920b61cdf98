import ChainStorage
import Primitives
import StateTree
import ZKsyncOS

/// Why the state tree has no answer.
enum StateProofError: Error, Sendable, Equatable {
  /// The chain does not have the block.
  case noSuchBlock(UInt64, newest: UInt64)
  /// The chain has the block, the tree does not yet; asking again helps.
  case notYet(UInt64, newest: UInt64)
  /// The tree no longer has what is needed to show this version.
  case pruned(UInt64, oldest: UInt64)
  /// The node keeps no tree.
  case noTree
  /// The disk, or what is on it, failed.
  case failed(String)
}

/// Commitments to the state and proofs of its slots, off the tree and the stores. Called on worker threads.
///
/// The tree follows the chain at a small distance. Both calls wait a moment for a block that it has not reached.
struct StateProver: Sendable {
  /// How long a caller waits for the tree to reach a block that the chain has.
  private static let patience = Duration.milliseconds(500)

  let storage: ChainStorage
  /// `nil` where the node keeps none.
  let tree: StateTree?
  let waitForTree: @Sendable (UInt64, Duration) -> Bool

  /// Root and leaf count after any block, however old.
  func commitment(after block: UInt64) throws(StateProofError) -> StateCommitment {
    let tree = try treeWith(block)
    return try reading(block) { () throws(StateTreeError) in try tree.commitment(at: block) }
  }

  /// Proofs for slots of an account after a block.
  func prove(_ slots: [Bytes32], of address: Address, after block: UInt64) throws(StateProofError) -> AccountProof {
    let tree = try treeWith(block)
    let (state, proofs) = try reading(block) { () throws(StateTreeError) in
      let view = try tree.view(at: block)
      return (view.commitment, try view.proofs(for: slots.map { FlatKey.of(address, $0) }))
    }
    let (hashes, timestamp) = try history(through: block)
    return AccountProof(
      address: address,
      preimage: StateCommitmentPreimage(state: state, blockNumber: block, hashes: hashes, timestamp: timestamp),
      slots: zip(slots, proofs).map { AccountProof.Slot(key: $0, proof: $1) })
  }

  private func treeWith(_ block: UInt64) throws(StateProofError) -> StateTree {
    guard let tree else { throw .noTree }
    let newest = storage.blocks.head
    guard block <= newest else { throw .noSuchBlock(block, newest: newest) }
    guard waitForTree(block, Self.patience) else { throw .notYet(block, newest: tree.lastVersion) }
    return tree
  }

  /// The hashes of the blocks up to `block`, and its time.
  private func history(through block: UInt64) throws(StateProofError) -> (BlockHashes, timestamp: UInt64) {
    do throws(StorageError) {
      if let header = try storage.blocks.header(block) {
        let before = try storage.log.context(block)?.blockHashes ?? BlockHashes()
        return (before.appending(header.hash), header.header.timestamp)
      }
    } catch {
      throw .failed(error.description)
    }
    throw .failed("block \(block) is missing")
  }

  private func reading<R>(_ block: UInt64, _ body: () throws(StateTreeError) -> R) throws(StateProofError) -> R {
    do throws(StateTreeError) { return try body() } catch {
      if case .versionNotRetained(_, let oldest, _) = error { throw .pruned(block, oldest: oldest) }
      throw .failed("\(error)")
    }
  }
}
