import Primitives
import ZKsyncOS

/// Why a prover input does not prove its block.
public enum StreamFault: Error, Hashable, Sendable {
  /// The words end in the middle of an answer.
  case ended(at: Int)
  /// An answer has another length than its question demands.
  case length(at: Int, expected: Int, found: Int)
  /// A value that its type does not have.
  case value(at: Int)
  /// The bytes given for a hash do not have it.
  case preimage(Bytes32)
  case execution(BlockError)
  case transactionRejected(index: Int, Rejection)
  /// A path does not lead to the root of the state before the block, or is not that of the leaf asked for.
  case path(index: UInt64)
  /// The tree does not hold the value that execution was given for a slot.
  case slot(Bytes32)
  /// The leaves given as neighbours of an absent key do not enclose it.
  case neighbours(Bytes32)
  /// The paths do not suffice to compute the root after the block.
  case incomplete(level: Int, index: UInt64)
  case trailingWords(Int)
  /// Everything holds, but leads to another public input than that of the batch.
  case publicInput(expected: Bytes32, implied: Bytes32)
}

extension StreamFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .ended(let position): "it ends in the middle of an answer, at word \(position)"
    case .length(let position, let expected, let found):
      "the answer at word \(position) has \(found) words instead of \(expected)"
    case .value(let position): "word \(position) does not begin a value of its type"
    case .preimage(let hash): "the bytes given for \(hash) do not have that hash"
    case .execution(let error): "executing it failed: \(error)"
    case .transactionRejected(let index, let reason): "transaction \(index) in it is refused: \(reason)"
    case .path(let index): "the path of leaf \(index) does not lead to the root before the block"
    case .slot(let key): "the tree holds another value than the one given for \(key)"
    case .neighbours(let key): "the leaves given beside \(key) are not its neighbours"
    case .incomplete(let level, let index): "no hash is given for node \(index) of level \(level)"
    case .trailingWords(let count): "\(count) words follow its end"
    case .publicInput(let expected, let implied): "it leads to the public input \(implied), the batch has \(expected)"
    }
  }
}
