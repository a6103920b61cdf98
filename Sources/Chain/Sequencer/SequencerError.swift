import Chain
import ChainStorage
import ZKsyncOS

/// Why the sequencer stopped. Nothing that a client can send leads here.
public enum SequencerError: Error, Equatable, Sendable {
  /// The chain takes no more blocks.
  case chain(ChainError)
  /// The state or the journal could not be read.
  case storage(StorageError)
  /// Executing a block failed.
  case execution(block: UInt64, BlockError)
  /// The journal lacks its last block.
  case missingRecord(block: UInt64)
}

extension SequencerError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .chain(let error): error.description
    case .storage(let error): error.description
    case .execution(let block, let error): "block \(block) cannot be executed: \(error)"
    case .missingRecord(let block): "the replay log has no record of block \(block)"
    }
  }
}

/// Runs operations of the stores and gives their error the type of this module.
@inline(__always)
func storing<T>(_ body: () throws(StorageError) -> T) throws(SequencerError) -> T {
  do throws(StorageError) { return try body() } catch { throw .storage(error) }
}
