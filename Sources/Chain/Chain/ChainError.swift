import ChainStorage
import ZKsyncOS

/// Why the chain takes no more blocks. Nothing that a client can send leads here.
public enum ChainError: Error, Equatable, Sendable {
  /// A store failed. Blocks that were visible stay; the one that could not be written never was.
  case storage(StorageError)
  /// A block of the journal is not reproduced.
  case replay(ReplayError)
  /// The journal lacks a block.
  case missingRecord(block: UInt64)
  /// The chain was stopped, or has not been started.
  case stopped
}

extension ChainError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .storage(let error): error.description
    case .replay(let error):
      "\(error): the state or the replay log is damaged; start with --repair, which finds out which and makes the state again"
    case .missingRecord(let block): "the replay log has no record of block \(block)"
    case .stopped: "the chain is stopped"
    }
  }
}

/// Runs operations of the stores and gives their error the type of this module.
@inline(__always)
func storing<T>(_ body: () throws(StorageError) -> T) throws(ChainError) -> T {
  do throws(StorageError) { return try body() } catch { throw .storage(error) }
}
