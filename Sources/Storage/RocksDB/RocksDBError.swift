import CRocksDB

/// Why RocksDB refused or failed. Cases with a text carry RocksDB's own message, which names the file or the option.
public enum RocksDBError: Error, Equatable, Sendable {
  /// Another process, or another handle in this one, has the database in the folder `path` open for writing.
  case inUse(path: String)
  /// What is on disk contradicts its checksums or its own structure.
  case corruption(String)
  /// The device is full.
  case noSpace(String)
  /// Any other failure of a file operation.
  case inputOutput(String)
  /// A name, path or option that RocksDB does not accept.
  case invalidArgument(String)
  /// A column family that was not declared when the database was opened.
  case unknownColumn(String)
  /// Whatever has no case of its own.
  case other(String)

  /// Sorts a message by the status that it begins with (RocksDB, `util/status.cc`).
  package init(message: String) {
    if message.hasPrefix("Corruption") {
      self = .corruption(message)
    } else if message.hasPrefix("IO error: No space left") || message.contains("No space left on device") {
      self = .noSpace(message)
    } else if let path = Self.lockedPath(message) {
      self = .inUse(path: path)
    } else if message.hasPrefix("IO error") {
      self = .inputOutput(message)
    } else if message.hasPrefix("Invalid argument") {
      self = .invalidArgument(message)
    } else {
      self = .other(message)
    }
  }

  /// The folder of the database whose lock another process or handle holds, where `message` says that. A lock file that
  /// cannot be opened or written is another matter. Source: RocksDB, `env/fs_posix.cc`, `LockFile`.
  private static func lockedPath(_ message: String) -> String? {
    guard message.hasPrefix("IO error: lock hold by current process") || message.hasPrefix("IO error: While lock file")
    else { return nil }
    guard let start = message.dropFirst("IO error: ".count).firstRange(of: ": ")?.upperBound,
      let end = message.ranges(of: "/LOCK").last?.lowerBound, start <= end
    else { return nil }
    return String(message[start..<end])
  }
}

extension RocksDBError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .inUse(let path): "another process uses this database (\(path))"
    case .corruption(let message), .noSpace(let message), .inputOutput(let message), .invalidArgument(let message),
      .other(let message):
      message
    case .unknownColumn(let name): "column family \(name) is not open"
    }
  }
}

/// Makes a call of the C interface, which reports failure through a string that the caller owns.
@inline(__always)
func checked<T>(_ call: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> T) throws(RocksDBError) -> T {
  var message: UnsafeMutablePointer<CChar>?
  let result = call(&message)
  if let message { throw takeError(message) }
  return result
}

/// The error of a message, which is freed.
func takeError(_ message: UnsafeMutablePointer<CChar>) -> RocksDBError {
  defer { rocksdb_free(message) }
  return RocksDBError(message: String(cString: message))
}
