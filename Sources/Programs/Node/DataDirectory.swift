import Glibc

/// The folder below which every database has its own.
enum DataDirectory {
  /// Makes the folder with all folders above it. Checks that it, and what is in it already, are folders that this process
  /// may write to: the databases would say it in less clear words.
  static func prepare(_ path: String) throws(StartError) {
    var prefix = path.hasPrefix("/") ? "" : "."
    for component in path.split(separator: "/") where component != "." {
      prefix += "/" + component
      if mkdir(prefix, 0o755) != 0, errno != EEXIST { throw .cannotCreate(path: path, reason: lastError) }
    }
    for folder in [path] + databases.map({ path + "/" + $0 }) { try check(folder) }
  }

  /// The names of the folders of the databases.
  private static let databases = ["replay_log", "state", "blocks", "tree", "proofs"]

  private static func check(_ folder: String) throws(StartError) {
    var status = stat()
    guard stat(folder, &status) == 0 else {
      // A database that is not there yet will be made by whoever needs it.
      if errno == ENOENT { return }
      throw .cannotWrite(path: folder, reason: lastError)
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw .notAFolder(path: folder) }
    guard access(folder, R_OK | W_OK | X_OK) == 0 else { throw .cannotWrite(path: folder, reason: lastError) }
  }

  /// What the last call of the system says, as the end of a sentence.
  private static var lastError: String {
    let text = String(cString: strerror(errno))
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}
