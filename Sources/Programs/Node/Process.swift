import Glibc

/// What the node asks of the operating system for the process as a whole.
enum Process {
  /// Processors that the system has for programs now.
  static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// What the node writes is its own: its group may read it, nobody else.
  static func restrictFileModes() { umask(0o027) }

  /// Ten thousand connections need more descriptors than a shell allows at first.
  static func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
  }

  /// Has the allocator take what is large from the system piece by piece, and give it back at once. By itself glibc
  /// learns from the first large piece that is freed to keep the next ones.
  static func returnLargeAllocations() {
    // The module for C does not show it; another allocator may have none.
    guard let symbol = dlsym(nil, "mallopt") else { return }
    let setOption = unsafeBitCast(symbol, to: (@convention(c) (Int32, Int32) -> Int32).self)
    let threshold: Int32 = -3  // M_MMAP_THRESHOLD
    _ = setOption(threshold, 256 << 10)
  }
}
