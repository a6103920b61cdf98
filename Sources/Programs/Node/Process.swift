import Glibc

/// What the node asks of the operating system for the process as a whole.
enum Process {
  /// Ten thousand connections need more descriptors than a shell allows at first.
  static func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
  }

  /// Makes a folder with all folders above it.
  static func makeDirectory(_ path: String) throws(StartError) {
    var prefix = path.hasPrefix("/") ? "" : "."
    for component in path.split(separator: "/") where component != "." {
      prefix += "/" + component
      if mkdir(prefix, 0o755) != 0, errno != EEXIST {
        throw .cannotCreate(path: path, reason: String(cString: strerror(errno)))
      }
    }
  }
}
