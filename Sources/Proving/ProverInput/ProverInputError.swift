import Airbender
import Primitives
import StateTree
import ZKsyncOS

/// Why there is no prover input for a block.
public enum ProverInputError: Error, Sendable {
  /// The guest's image is unusable.
  case image(AirbenderError)
  /// A mode that needs the guest was chosen without an image.
  case noImage(ProverInputMode)
  /// The guest did not come to its regular end. `queries` are its last questions, newest last; `text` is what it printed.
  case guestFailed(RunReport, queries: [String], text: String)
  /// The guest asked for something nobody knows.
  case unknownQuery(id: UInt32)
  /// The guest asked for something that makes no sense.
  case malformedQuery(id: UInt32, String)
  /// The state names a hash whose bytes are not stored.
  case missingPreimage(Bytes32)
  case tree(StateTreeError)
  case state(StateReadError)
  /// The recording of the execution names more or fewer transactions than the block has.
  case transactionCount(recorded: Int, block: Int)
  /// Our words and those that the guest read differ.
  case difference(StreamDifference)
  /// The guest's result is not the public input that the block's commitments lead to.
  case publicInput(expected: Bytes32, guest: Bytes32)
}

extension ProverInputError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .image(let error): "the guest image is unusable: \(error)"
    case .noImage(let mode): "prover input mode \(mode.rawValue) needs a guest image"
    case .guestFailed(let report, let queries, let text):
      "the guest failed: \(report); last queries: \(queries.joined(separator: "; "))"
        + (text.isEmpty ? "" : "; it said: \(text)")
    case .unknownQuery(let id): "the guest asked an unknown query, \(id)"
    case .malformedQuery(let id, let reason): "the guest's query \(id) makes no sense: \(reason)"
    case .missingPreimage(let hash): "no preimage is stored for \(hash)"
    case .tree(let error): "the state tree failed: \(error)"
    case .state(let error): "the state failed: \(error)"
    case .transactionCount(let recorded, let block):
      "execution recorded \(recorded) transactions, the block has \(block)"
    case .difference(let difference): "the native prover input differs from the guest's: \(difference)"
    case .publicInput(let expected, let guest): "the guest computed the public input \(guest), not \(expected)"
    }
  }
}
