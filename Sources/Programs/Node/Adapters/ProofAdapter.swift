import ChainStorage
import EthereumAPI
import Primitives
import Settlement
import StateTree
import ZKsyncOS

/// The state tree as the API reads it.
struct ProofAdapter: StateProver {
  /// How long a caller waits for the tree to reach a block that the chain has.
  static let patience = Duration.milliseconds(500)

  let storage: ChainStorage
  let settlement: SettlementPipeline

  func commitment(after block: UInt64) throws(StateProofError) -> StateCommitment {
    try awaitTree(block)
    return try reading(block) { () throws(StateTreeError) in try settlement.tree.commitment(at: block) }
  }

  func prove(_ slots: [Bytes32], of address: Address, after block: UInt64) throws(StateProofError) -> AccountProof {
    try awaitTree(block)
    let (state, proofs) = try reading(block) { () throws(StateTreeError) in
      let view = try settlement.tree.view(at: block)
      return (view.commitment, try view.proofs(for: slots.map { FlatKey.of(address, $0) }))
    }
    let (hashes, timestamp) = try history(through: block)
    return AccountProof(
      address: address,
      preimage: StateCommitmentPreimage(state: state, blockNumber: block, hashes: hashes, timestamp: timestamp),
      slots: zip(slots, proofs).map { AccountProof.Slot(key: $0, proof: $1) })
  }

  private func awaitTree(_ block: UInt64) throws(StateProofError) {
    let newest = storage.blocks.head
    guard block <= newest else { throw .noSuchBlock(block, newest: newest) }
    guard settlement.waitForTree(block, atMost: Self.patience) else {
      throw .notYet(block, newest: settlement.tree.lastVersion)
    }
  }

  /// The hashes of the blocks up to `block`, and its time.
  private func history(through block: UInt64) throws(StateProofError) -> (BlockHashes, timestamp: UInt64) {
    do {
      guard let header = try storage.blocks.header(block) else {
        throw StateProofError.failed("block \(block) is missing")
      }
      let before = try storage.log.record(block)?.context.blockHashes ?? BlockHashes()
      return (before.appending(header.hash), header.header.timestamp)
    } catch {
      throw error as? StateProofError ?? .failed("\(error)")
    }
  }

  private func reading<R>(_ block: UInt64, _ body: () throws(StateTreeError) -> R) throws(StateProofError) -> R {
    do throws(StateTreeError) { return try body() } catch {
      if case .versionNotRetained(_, let oldest, _) = error { throw .pruned(block, oldest: oldest) }
      throw .failed("\(error)")
    }
  }
}
