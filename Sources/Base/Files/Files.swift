import Glibc

/// Why a path could not be read.
package struct FileError: Error, CustomStringConvertible {
  package let path: String
  package let reason: String

  package var description: String { "\(path): \(reason)" }

  init(_ path: String) {
    self.path = path
    reason = String(cString: strerror(errno))
  }
}

/// Whole files and folders, without Foundation.
package enum Files {
  /// The content of a file.
  package static func read(_ path: String) throws(FileError) -> [UInt8] {
    guard let file = fopen(path, "rb") else { throw FileError(path) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    guard ferror(file) == 0 else { throw FileError(path) }
    return bytes
  }

  /// Whether there is something at a path.
  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Bytes of a file; zero where there is none.
  package static func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Bytes that this user may still write where a path is; `nil` where the system does not say.
  package static func freeBytes(_ path: String) -> UInt64? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return overflow ? .max : bytes
  }

  /// Makes a folder, and those above it, where there is none.
  package static func makeFolder(_ path: String) throws(FileError) {
    guard !exists(path) else { return }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try makeFolder(String(path[..<slash])) }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileError(path) }
  }

  /// Whether there is a folder at a path.
  package static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Removes a file, or a folder with what is in it, as far as that can be done.
  package static func remove(_ path: String) {
    guard unlink(path) != 0, let folder = opendir(path) else { return }
    defer { rmdir(path) }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { remove(path + "/" + name) }
    }
  }

  /// Removes a folder if there is nothing in it; whether it did.
  package static func removeEmptyFolder(_ path: String) -> Bool { rmdir(path) == 0 }

  /// Gives a file or folder another name.
  package static func rename(_ path: String, to other: String) throws(FileError) {
    guard Glibc.rename(path, other) == 0 else { throw FileError(path) }
  }

  /// Replaces a file, or makes it.
  package static func write(_ text: String, to path: String) throws(FileError) {
    try write(Array(text.utf8), to: path)
  }

  /// Replaces a file, or makes it.
  package static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    guard let file = fopen(path, "wb") else { throw FileError(path) }
    let written = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else { throw FileError(path) }
  }

  /// The names of what is in a folder, sorted.
  package static func names(in path: String) throws(FileError) -> [String] {
    guard let folder = opendir(path) else { throw FileError(path) }
    defer { closedir(folder) }
    var names: [String] = []
    // The end of the folder and a disk that fails differ in this alone.
    errno = 0
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw FileError(path) }
    return names.sorted()
  }

  /// Makes what was written to a file, or which entries a folder has, outlast the machine.
  package static func synchronize(_ path: String) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw FileError(path) }
  }

  /// On which device something is: what is on the same one can be linked; `nil` where there is nothing.
  package static func device(_ path: String) -> UInt64? {
    var status = stat()
    return stat(path, &status) == 0 ? UInt64(status.st_dev) : nil
  }

  /// The file itself, or every file below the folder whose name ends in `suffix`, sorted by path.
  package static func below(_ path: String, suffix: String) throws(FileError) -> [String] {
    var status = stat()
    guard stat(path, &status) == 0 else { throw FileError(path) }
    guard status.st_mode & S_IFMT == S_IFDIR else { return [path] }
    guard let directory = opendir(path) else { throw FileError(path) }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    var files: [String] = []
    for name in names.sorted() {
      let child = path + "/" + name
      var status = stat()
      guard stat(child, &status) == 0 else { throw FileError(child) }
      if status.st_mode & S_IFMT == S_IFDIR {
        files += try below(child, suffix: suffix)
      } else if name.hasSuffix(suffix) {
        files.append(child)
      }
    }
    return files
  }

  // MARK: Piece by piece

  /// Copies a file as long as it is now, and gives the copy the same permissions.
  package static func copy(_ path: String, to other: String) throws(FileError) {
    var status = stat()
    let source = open(path, O_RDONLY | O_CLOEXEC)
    guard source >= 0, fstat(source, &status) == 0 else { throw FileError(path) }
    defer { close(source) }
    let target = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, status.st_mode & 0o777)
    guard target >= 0 else { throw FileError(other) }
    defer { close(target) }
    var left = Int(status.st_size)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
    defer { buffer.deallocate() }
    while left > 0 {
      let count = Glibc.read(source, buffer.baseAddress, min(left, buffer.count))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileError(path) }
      if count == 0 { return }
      var written = 0
      while written < count {
        let done = Glibc.write(target, buffer.baseAddress?.advanced(by: written), count - written)
        if done < 0, errno == EINTR { continue }
        guard done > 0 else { throw FileError(other) }
        written += done
      }
      left -= count
    }
  }

  /// A file that is read piece by piece.
  package final class Reader {
    private let path: String
    private let file: UnsafeMutablePointer<FILE>

    package init(_ path: String) throws(FileError) {
      guard let file = fopen(path, "rb") else { throw FileError(path) }
      self.path = path
      self.file = file
    }

    deinit { fclose(file) }

    /// The next bytes, at most `count`; none at the end.
    package func next(_ count: Int) throws(FileError) -> [UInt8] {
      let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, read in
        read = fread(buffer.baseAddress, 1, count, file)
      }
      if bytes.isEmpty, ferror(file) != 0 { throw FileError(path) }
      return bytes
    }
  }

  /// Replaces a file, or makes it, with what `body` writes piece by piece: under another name first, so that there is
  /// either the old file or the whole new one.
  package static func replace(
    _ path: String, _ body: (_ write: (UnsafeRawBufferPointer) throws(FileError) -> Void) throws(FileError) -> Void
  ) throws(FileError) {
    let draft = path + ".part"
    guard let file = fopen(draft, "wb") else { throw FileError(path) }
    do throws(FileError) {
      try body { (bytes) throws(FileError) in
        guard fwrite(bytes.baseAddress, 1, bytes.count, file) == bytes.count else { throw FileError(path) }
      }
    } catch {
      fclose(file)
      unlink(draft)
      throw error
    }
    let isFlushed = fflush(file) == 0 && fsync(fileno(file)) == 0
    guard fclose(file) == 0, isFlushed, Glibc.rename(draft, path) == 0 else {
      let error = FileError(path)
      unlink(draft)
      throw error
    }
  }
}
