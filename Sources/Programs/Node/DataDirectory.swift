import Glibc

/// The folder below which every database has its own.
enum DataDirectory {
  /// Makes the folder with all folders above it. Checks that it, and what is in it already, are folders that this process
  /// may write to: the databases would say it in less clear words.
  static func prepare(_ path: String) throws(StartError) {
    try make(path)
    for folder in [path] + databases.map({ path + "/" + $0 }) { try check(folder) }
    // A folder that a power cut takes away takes along what was synced in it.
    for folder in databases.map({ path + "/" + $0 }) where mkdir(folder, 0o750) != 0 && errno != EEXIST {
      throw .cannotCreate(path: folder, reason: lastError)
    }
    synchronize(path)
    for folder in databases { restrict(path + "/" + folder) }
  }

  /// Makes the folder with all folders above it, as far as they are not there.
  static func make(_ path: String) throws(StartError) {
    var prefix = path.hasPrefix("/") ? "" : "."
    for component in path.split(separator: "/") where component != "." {
      prefix += "/" + component
      if mkdir(prefix, 0o750) != 0 {
        guard errno == EEXIST else { throw .cannotCreate(path: path, reason: lastError) }
      } else {
        synchronize(parent(of: prefix))
      }
    }
  }

  private static func parent(of path: String) -> String {
    let end = path.lastIndex(of: "/") ?? path.startIndex
    return end == path.startIndex ? "/" : String(path[..<end])
  }

  /// Makes it durable which entries a folder has. Where that fails, whatever is written next fails with a better word.
  private static func synchronize(_ folder: String) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  /// Takes from others what an earlier version gave them: files become 0640, folders 0750, as far as they are ours.
  private static func restrict(_ folder: String) {
    chmod(folder, 0o750)
    guard let stream = opendir(folder) else { return }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name == "." || name == ".." { continue }
      let path = folder + "/" + name
      var status = stat()
      guard lstat(path, &status) == 0 else { continue }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: restrict(path)
      case S_IFREG where status.st_mode & 0o027 != 0: chmod(path, status.st_mode & 0o750)
      default: break
      }
    }
  }

  /// The names of the folders of the databases.
  private static let databases = ["replay_log", "state", "blocks", "tree", "proofs", "l1_sender", "mempool"]

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
