/// Why the chain does not do what it was asked for.
public enum ChainError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The history cannot be written or read.
  case journal(JournalError)
  /// Whoever asks is at fault; the words are for the client.
  case refused(String)
  /// What a block contains does not lead to what its header says.
  case inconsistent(block: UInt64, String)

  public var description: String {
    switch self {
    case .journal(let error): error.description
    case .refused(let reason): reason
    case .inconsistent(let block, let reason): "block \(block) cannot be executed again: \(reason)"
    }
  }
}
