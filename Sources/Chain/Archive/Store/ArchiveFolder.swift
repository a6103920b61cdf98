import Files
import Glibc

/// An archive in a folder, on whatever is mounted there.
///
/// A file is written under another name, brought to the device, and then given its own, which fails where there is one: nobody
/// ever sees half a segment. One process writes at a time, which holds a lock on the file `lock`.
public struct ArchiveFolder: ArchiveStore {
  private static let lockName = "lock"
  private static let draftPrefix = ".part-"

  /// The path of the folder.
  public let place: String

  /// - Parameter path: of a folder that is there: one that is made where a mount is missing would hide what is archived.
  public init(_ path: String) { place = path }

  /// Makes the folder, and those above it, where it is not there.
  public func make() throws(ArchiveError) { try filed { () throws(FileError) in try Files.makeFolder(place) } }

  /// The lock of a writer.
  private final class Claim: Sendable {
    private let descriptor: Int32
    init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }
  }

  /// Locks the folder, and removes what a writer that was killed has left half done.
  public func claim() throws(ArchiveError) -> any Sendable {
    let descriptor = open(place + "/" + Self.lockName, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { throw unreachable() }
    let claim = Claim(descriptor)
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw errno == EWOULDBLOCK ? .inUse(path: place) : unreachable()
    }
    for name in try entries() where name.hasPrefix(Self.draftPrefix) { unlink(place + "/" + name) }
    return claim
  }

  /// Files that end as segments do.
  public func names() throws(ArchiveError) -> [String] {
    try entries().filter { $0.hasSuffix(SegmentName.suffix) && !$0.hasPrefix(Self.draftPrefix) }
  }

  private func entries() throws(ArchiveError) -> [String] {
    do throws(FileError) { return try Files.names(in: place) } catch {
      throw .unreachable(path: place, reason: error.reason)
    }
  }

  /// Reads a whole file.
  public func read(_ name: String, limit: Int) throws(ArchiveError) -> [UInt8] {
    let path = place + "/" + name
    let size = Files.size(path)
    guard size <= limit else {
      throw .damaged(file: name, place: "byte \(limit)", reason: "no segment has \(size) bytes")
    }
    do throws(FileError) { return try Files.read(path) } catch {
      throw .unreachable(path: path, reason: error.reason)
    }
  }

  /// Writes a draft, syncs it, links it under its name, and syncs the folder.
  public func create(_ name: String, _ bytes: [UInt8]) throws(ArchiveError) {
    let path = place + "/" + name
    let draft = place + "/" + Self.draftPrefix + name
    do throws(ArchiveError) {
      try write(bytes, to: draft)
      try publish(draft, as: path, name)
    } catch {
      unlink(draft)
      throw error
    }
    do throws(FileError) { try Files.synchronize(place) } catch {
      throw .unreachable(path: place, reason: error.reason)
    }
  }

  private func write(_ bytes: [UInt8], to draft: String) throws(ArchiveError) {
    let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
    guard file >= 0 else { throw unreachable() }
    var offset = 0
    while offset < bytes.count {
      let written = bytes.withUnsafeBytes { bytes in
        Glibc.write(file, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        let error = unreachable()
        close(file)
        throw error
      }
      offset += written
    }
    guard fsync(file) == 0 else {
      let error = unreachable()
      close(file)
      throw error
    }
    guard close(file) == 0 else { throw unreachable() }
  }

  /// A link is made only where there is nothing of that name; where the file system has none, a name is looked for first,
  /// under the lock.
  private func publish(_ draft: String, as path: String, _ name: String) throws(ArchiveError) {
    if link(draft, path) == 0 {
      unlink(draft)
      return
    }
    switch errno {
    case EEXIST: throw .exists(file: name)
    case EPERM, ENOTSUP, ENOSYS, EMLINK:
      guard !Files.exists(path) else { throw .exists(file: name) }
      guard rename(draft, path) == 0 else { throw unreachable() }
    default: throw unreachable()
    }
  }

  /// What the last call of the system says.
  private func unreachable() -> ArchiveError {
    .unreachable(path: place, reason: String(cString: strerror(errno)))
  }
}
