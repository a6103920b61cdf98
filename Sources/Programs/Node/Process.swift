import Glibc

/// What the node asks of the operating system for the process as a whole.
enum Process {
  /// What the node writes is its own: its group may read it, nobody else.
  static func restrictFileModes() { umask(0o027) }

  /// Ten thousand connections need more descriptors than a shell allows at first.
  static func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
  }
}
