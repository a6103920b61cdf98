import Batches
import Primitives
import ProverInput
import ProverService
import StateTree
import ZKsyncOS

/// Why settlement cannot go on with a block. Blocks themselves are never affected: the sequencer has them.
public enum SettlementError: Error, Sendable {
  /// The store of batches and proofs failed.
  case store(ProofStoreError)
  /// The chain's storage failed.
  case chain(block: UInt64, String)
  /// The chain has no record of a block that it should have.
  case missingRecord(block: UInt64)
  /// A stored block is not reproduced.
  case replay(ReplayError)
  case tree(block: UInt64, StateTreeError)
  /// The state tree has blocks that the chain does not have, so it belongs to another chain or to a lost past.
  case treeAhead(tree: UInt64, chain: UInt64)
  /// The next batch begins at a version of the state tree that the tree no longer keeps: batches were not made for long.
  case treeForgot(version: UInt64, oldest: UInt64)
  /// The store of batches has blocks that the chain does not have.
  case batchesAhead(batches: UInt64, chain: UInt64)
  /// The states that stored batches commit to are not those of the tree.
  case otherState(batch: BatchNumber, stored: Bytes32, tree: Bytes32)
  case proverInput(block: UInt64, ProverInputError)
  /// The prover input proves something else than the block; nothing of it is handed out.
  case refused(block: UInt64, StreamFault)
}

extension SettlementError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .store(let error): error.description
    case .chain(let block, let reason): "block \(block) cannot be read: \(reason)"
    case .missingRecord(let block): "the replay log has no block \(block)"
    case .replay(let error): error.description
    case .tree(let block, .corrupted(let file, let detail)):
      "the state tree is damaged at block \(block) (\(file): \(detail)); start with --repair, which moves it aside and makes it "
        + "again from the replay log"
    case .tree(let block, let error): "the state tree failed at block \(block): \(error)"
    case .treeAhead(let tree, let chain):
      "the state tree is at block \(tree), the chain only at \(chain): one of them is of another day; restore what "
        + "belongs together, or move the tree's folder aside and start with --repair"
    case .treeForgot(let version, let oldest):
      "batches go on from block \(version), the state tree knows none before \(oldest): move its folder aside and start "
        + "with --repair, which makes it again"
    case .batchesAhead(let batches, let chain):
      "batches exist up to \(batches), the chain only up to block \(chain): this is the store of another chain"
    case .otherState(let batch, let stored, let tree):
      "batch \(batch) commits to the state \(stored), the tree has \(tree): one of them belongs to another chain"
    case .proverInput(let block, let error): "no prover input for block \(block): \(error)"
    case .refused(let block, let fault): "the prover input of block \(block) is refused: \(fault)"
    }
  }
}

/// Runs operations of the store of proofs and gives their error the type of this module.
@inline(__always)
func storing<T>(_ body: () throws(ProofStoreError) -> T) throws(SettlementError) -> T {
  do throws(ProofStoreError) { return try body() } catch { throw .store(error) }
}
