import Primitives

/// Everything that can go wrong in the persistent tree.
public enum StateTreeError: Error, Hashable, Sendable {
  /// The disk is full. Nothing of the refused block is visible; the tree can be used again once there is space.
  case diskFull(file: String)
  /// A system call failed with `code` (an `errno`).
  case inputOutput(operation: String, file: String, code: Int32)
  /// Stored data contradict each other or their checksum.
  case corrupted(file: String, detail: String)
  /// The directory was written by a format this program does not know.
  case unsupportedFormat(found: UInt32, supported: UInt32)
  /// Another process has the directory open.
  case locked
  /// Versions follow one another without gaps.
  case versionOutOfOrder(expected: UInt64, found: UInt64)
  /// The version lies outside those that can still be read.
  case versionNotRetained(UInt64, oldest: UInt64, newest: UInt64)
  /// A block writes the same key twice.
  case duplicateKey(Bytes32)
  /// A block writes one of the two guard keys.
  case reservedKey(Bytes32)
  /// The position holds no leaf in this version.
  case indexBeyondTree(UInt64, leafCount: UInt64)
  /// Versions were taken back while the tree was copied.
  case wentBack
  /// A copy was given up, for this reason.
  case copyEnded(String)
  /// An earlier failure left memory and disk in doubt; the tree must be opened again.
  case unusable(reason: String)
}

extension StateTreeError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .diskFull(let file): "no space left on the device, writing \(file) of the state tree"
    case .inputOutput(let operation, let file, let code):
      "\(operation) of \(file) of the state tree failed: error \(code) of the system"
    case .corrupted(let file, let detail): "\(file) of the state tree is corrupted: \(detail)"
    case .unsupportedFormat(let found, let supported):
      "the state tree has the format \(found), and this version knows \(supported)"
    case .locked: "another process uses the state tree: it is locked"
    case .versionOutOfOrder(let expected, let found):
      "version \(found) was given to the state tree where \(expected) comes next"
    case .versionNotRetained(let version, let oldest, let newest):
      "the state tree shows versions \(oldest) to \(newest), not \(version)"
    case .duplicateKey(let key): "a block writes the key \(key) twice"
    case .reservedKey(let key): "a block writes the key \(key), which guards an end of the state tree"
    case .indexBeyondTree(let index, let leafCount): "the state tree has \(leafCount) leaves, and none at \(index)"
    case .wentBack: "the state tree went back while it was copied"
    case .copyEnded(let reason): "the copy of the state tree was given up: \(reason)"
    case .unusable(let reason): "the state tree has failed and must be opened again: \(reason)"
    }
  }
}
