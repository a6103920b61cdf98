import ChainStorage
import Primitives
import ZKsyncOS

/// Why the sequencer stopped. Nothing that a client can send leads here.
public enum SequencerError: Error, Equatable, Sendable {
  /// A store failed. Blocks that were visible stay; the one that could not be written never was.
  case storage(StorageError)
  /// Executing a block failed.
  case execution(block: UInt64, BlockError)
  /// A transaction of a stored block is refused when it is replayed.
  case replayRejected(block: UInt64, transaction: Bytes32, Rejection)
  /// Replaying a stored block gives another block.
  case replayDiffers(block: UInt64, stored: Bytes32, computed: Bytes32)
  /// The replay log lacks a block, or has one without transactions.
  case missingRecord(block: UInt64)
}

extension SequencerError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .storage(let error): error.description
    case .execution(let block, let error): "block \(block) cannot be executed: \(error)"
    case .replayRejected(let block, let transaction, let reason):
      "replaying block \(block): transaction \(transaction) is refused: \(reason)"
    case .replayDiffers(let block, let stored, let computed):
      "replaying block \(block) gives \(computed), the log says \(stored)"
    case .missingRecord(let block): "the replay log has no transactions for block \(block)"
    }
  }
}

/// Runs operations of the stores and gives their error the type of this module.
@inline(__always)
func storing<T>(_ body: () throws(StorageError) -> T) throws(SequencerError) -> T {
  do throws(StorageError) { return try body() } catch { throw .storage(error) }
}
