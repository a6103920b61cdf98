/// Why there is no checkpoint, or why one is not used.
public enum CheckpointError: Error, Equatable, Sendable {
  /// The folder of a new checkpoint is there already.
  case exists(folder: String)
  /// The folder's name does not say where it is, whatever folder the node runs in.
  case notAbsolute(folder: String)
  /// The making of this checkpoint was cut off.
  case incomplete(folder: String)
  /// A file is not what was written.
  case damaged(path: String, String)
  /// More would have to be free.
  case noSpace(folder: String, free: UInt64, needed: UInt64)
  /// A part of the node could not write its copy.
  case part(String, String)
  /// The chain went back, or took too many deposits, while the copies were made.
  case chainMoved
  /// A system call failed.
  case system(String)
  /// The node stops.
  case stopped
  /// There is no database in the folder.
  case noDatabase(folder: String)
}

extension CheckpointError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .exists(let folder): "\(folder) is there already: a checkpoint needs a folder of its own"
    case .notAbsolute(let folder): "\(folder) is no absolute path"
    case .incomplete(let folder):
      "\(folder) is a checkpoint whose making was cut off (\(CheckpointManifest.draftName) is still in it): remove it and take "
        + "another"
    case .damaged(let path, let reason):
      "the checkpoint is damaged at \(path): \(reason); copy it once more, or take another one"
    case .noSpace(let folder, let free, let needed):
      "only \(free) bytes are free where \(folder) would be, and \(needed) must be"
    case .part(let name, let reason): "\(name) cannot be copied: \(reason)"
    case .chainMoved:
      "the chain went back, or had a deposit from its L1 in every attempt, while it was copied: try again"
    case .system(let reason): reason
    case .stopped: "the node stops"
    case .noDatabase(let folder): "there is no database of a node in \(folder)"
    }
  }
}
