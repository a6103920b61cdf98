import Files
import StateTree

/// What goes into a checkpoint, and in which order it is copied.
///
/// Stores go on changing meanwhile, so that the order matters: the replay log comes last, and is therefore behind none of
/// the others. What is behind the log is made again when a node starts with the checkpoint.
public struct CheckpointSources {
  /// A part of the database: writes its copy to a path below the checkpoint, where there is nothing yet.
  public struct Part {
    let name: String
    let write: (_ path: String) throws -> Void

    /// - Parameter name: of the folder or file.
    public init(_ name: String, _ write: @escaping (_ path: String) throws -> Void) {
      self.name = name
      self.write = write
    }
  }

  /// Copies the state tree into a folder, which may take as long as its size asks for.
  let tree: (_ path: String, _ fault: () -> StateTreeError?) throws -> TreeCopy?
  /// Copied in this order, quickly; again from the first where they turn out not to belong together.
  let parts: [Part]
  /// Whether what was copied belongs together, asked after each attempt.
  let isConsistent: () throws -> Bool
  /// The folder of the databases.
  let directory: String

  /// - Parameters:
  ///   - directory: of the databases, for what has to be known of space.
  ///   - tree: `nil` for a checkpoint without it; the first start makes it again then.
  ///   - parts: the replay log last.
  ///   - isConsistent: asked after all parts were copied.
  public init(
    directory: String, tree: StateTree?, parts: [Part], isConsistent: @escaping () throws -> Bool = { true }
  ) {
    self.directory = directory
    self.tree = { (path, fault) in try tree?.copy(to: path, unless: fault) }
    self.parts = parts
    self.isConsistent = isConsistent
  }

  /// Bytes that copying takes beside what can be linked.
  ///
  /// - Parameter sharesDevice: whether the checkpoint comes to lie on the device of the databases.
  func neededBytes(sharesDevice: Bool) throws(FileError) -> UInt64 {
    var bytes: UInt64 = 0
    for name in parts.map(\.name) + ["tree"] {
      let path = directory + "/" + name
      guard Files.exists(path) else { continue }
      for file in try Files.below(path, suffix: "") where !(sharesDevice && file.hasSuffix(".sst")) {
        bytes += UInt64(max(0, Files.size(file)))
      }
    }
    return bytes
  }
}

extension CheckpointSources.Part {
  /// A folder of files to which is only appended: as much of each as there is now.
  public static func appended(_ name: String, at source: String) -> CheckpointSources.Part {
    CheckpointSources.Part(name) { path in
      guard Files.isFolder(source) else { return }
      try Files.makeFolder(path)
      for file in try Files.names(in: source) {
        // One that was replaced meanwhile has its content in another.
        guard Files.exists(source + "/" + file) else { continue }
        try Files.copy(source + "/" + file, to: path + "/" + file)
      }
    }
  }

  /// One file that does not change; nothing where there is none.
  public static func file(_ name: String, at source: String) -> CheckpointSources.Part {
    CheckpointSources.Part(name) { path in
      if Files.exists(source) { try Files.copy(source, to: path) }
    }
  }
}
