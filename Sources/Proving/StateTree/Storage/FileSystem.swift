// The few file operations that the tree needs, as a protocol, so that tests can fail, tear and lose any of them.

#if canImport(Glibc)
  import Glibc
#endif

/// An open file.
package protocol TreeFile: AnyObject, Sendable {
  var name: String { get }
  /// Reads up to the length of `buffer`; fewer bytes only at the end of the file.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(StateTreeError) -> Int
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StateTreeError)
  /// Returns when everything written so far survives a loss of power.
  func synchronize() throws(StateTreeError)
  /// Asks the system to begin writing a range to the disk, without waiting. Advice only.
  func startWriteBack(at offset: Int, count: Int)
  func truncate(to size: Int) throws(StateTreeError)
  func size() throws(StateTreeError) -> Int
  /// Maps the whole file for reading. The file must not change while it is mapped.
  func map() throws(StateTreeError) -> FileMapping
}

/// A read-only view of a file's bytes, valid as long as the object lives.
package final class FileMapping: @unchecked Sendable {
  package let bytes: UnsafeRawBufferPointer
  private let release: @Sendable (UnsafeRawBufferPointer) -> Void

  package init(bytes: UnsafeRawBufferPointer, release: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) {
    self.bytes = bytes
    self.release = release
  }

  deinit { release(bytes) }
}

/// One directory of files.
package protocol TreeFileSystem: Sendable {
  /// Opens a file, creating it if it does not exist.
  func open(_ name: String) throws(StateTreeError) -> any TreeFile
  func remove(_ name: String) throws(StateTreeError)
  func list() throws(StateTreeError) -> [String]
  /// Makes the creation and removal of files durable.
  func synchronizeDirectory() throws(StateTreeError)
}

/// A directory of the operating system, held under an exclusive lock.
package final class PosixFileSystem: TreeFileSystem {
  private let directory: String
  private let lock: Int32

  package init(directory: String) throws(StateTreeError) {
    self.directory = directory
    var path = ""
    for part in directory.split(separator: "/", omittingEmptySubsequences: false) {
      path += part + "/"
      if part.isEmpty || mkdir(path, 0o755) == 0 || errno == EEXIST || errno == EISDIR { continue }
      throw failure("mkdir", path)
    }
    lock = Glibc.open(directory + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard lock >= 0 else { throw failure("open", "lock") }
    if flock(lock, LOCK_EX | LOCK_NB) != 0 {
      close(lock)
      throw .locked
    }
  }

  deinit { close(lock) }

  package func open(_ name: String) throws(StateTreeError) -> any TreeFile {
    let descriptor = Glibc.open(directory + "/" + name, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("open", name) }
    return PosixFile(name: name, descriptor: descriptor)
  }

  package func remove(_ name: String) throws(StateTreeError) {
    guard unlink(directory + "/" + name) == 0 || errno == ENOENT else { throw failure("unlink", name) }
  }

  package func list() throws(StateTreeError) -> [String] {
    guard let stream = opendir(directory) else { throw failure("opendir", directory) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != "..", name != "lock" { names.append(name) }
    }
    return names.sorted()
  }

  package func synchronizeDirectory() throws(StateTreeError) {
    let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", directory) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("fsync", directory) }
  }
}

/// The typed form of `errno`.
private func failure(_ operation: String, _ file: String) -> StateTreeError {
  let code = errno
  return code == ENOSPC || code == EDQUOT
    ? .diskFull(file: file) : .inputOutput(operation: operation, file: file, code: code)
}

private final class PosixFile: TreeFile {
  let name: String
  private let descriptor: Int32

  init(name: String, descriptor: Int32) {
    self.name = name
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(StateTreeError) -> Int {
    var done = 0
    while done < buffer.count {
      let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("pread", name)
      }
      done += count
    }
    return done
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StateTreeError) {
    var done = 0
    while done < bytes.count {
      let count = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("pwrite", name)
      }
      done += count
    }
  }

  func synchronize() throws(StateTreeError) {
    guard fdatasync(descriptor) == 0 else { throw failure("fdatasync", name) }
  }

  func startWriteBack(at offset: Int, count: Int) {
    // Linux begins to write dirty pages when told that they will not be needed, and drops only clean ones.
    _ = posix_fadvise(descriptor, off_t(offset), off_t(count), POSIX_FADV_DONTNEED)
  }

  func truncate(to size: Int) throws(StateTreeError) {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw failure("ftruncate", name) }
  }

  func size() throws(StateTreeError) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("fstat", name) }
    return Int(status.st_size)
  }

  func map() throws(StateTreeError) -> FileMapping {
    let count = try size()
    guard count > 0 else { return FileMapping(bytes: UnsafeRawBufferPointer(start: nil, count: 0)) { _ in } }
    guard let start = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), start != MAP_FAILED else {
      throw failure("mmap", name)
    }
    return FileMapping(bytes: UnsafeRawBufferPointer(start: start, count: count)) { bytes in
      munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    }
  }
}
