import Glibc

/// Why what waits is not written down just now. Admission goes on all the same.
enum JournalFailure: Error, Equatable, CustomStringConvertible {
  /// What the system said of a file.
  case system(path: String, reason: String)
  /// What waits takes more than so many bytes.
  case full(bytes: Int)

  /// What the system's last call says.
  static func system(_ path: String) -> JournalFailure {
    .system(path: path, reason: String(cString: strerror(errno)))
  }

  var description: String {
    switch self {
    case .system(let path, let reason): "\(path): \(reason)"
    case .full(let bytes): "what waits takes more than \(bytes) bytes, half of mempool_journal_max_bytes"
    }
  }
}

/// Why a node cannot keep a journal where it was told to.
public enum MempoolJournalError: Error, CustomStringConvertible {
  /// Another process keeps its journal in this folder.
  case inUse(path: String)

  public var description: String {
    switch self {
    case .inUse(let path): "\(path), the folder of the mempool's journal, is in use by another process"
    }
  }
}
