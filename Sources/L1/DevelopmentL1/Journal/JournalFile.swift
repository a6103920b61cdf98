import Files
import Glibc
import Synchronization

/// Why the history of the chain cannot be kept, or read again.
public enum JournalError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The system refused to do something with the file.
  case system(path: String, reason: String)
  /// Another process has the file open.
  case inUse(path: String)
  /// What stands in the file is not what was written, at a place that later entries rely on.
  case damaged(path: String, offset: UInt64, reason: String)
  /// The file is of a version of this program that wrote it otherwise.
  case unknownFormat(path: String)

  public var description: String {
    switch self {
    case .system(let path, let reason): "\(path): \(reason)"
    case .inUse(let path): "\(path) is in use by another process"
    case .damaged(let path, let offset, let reason): "\(path) is damaged at byte \(offset): \(reason)"
    case .unknownFormat(let path): "\(path) is no journal of a development L1 that this program can read"
    }
  }
}

/// A file of frames, appended one after the other: what happened, in the order in which it did.
///
/// A frame is its length (4 bytes, little-endian), the XXH64 of its payload (8 bytes, little-endian), and the payload.
/// Appending is one `write`, so that a killed process loses nothing that was answered; ``sync()`` makes it outlast the
/// machine. A frame that was cut off by a power failure ends the file when it is opened.
final class JournalFile: Sendable {
  static let magic: [UInt8] = Array("zkos-l1\u{1}".utf8)
  static let headerSize = 12
  /// More than any block that the chain can make: thirty million gas of calldata are below eight megabytes.
  static let maxPayload = 256 << 20

  let path: String
  private let descriptor: Int32
  /// Where the next frame goes.
  private let end: Mutex<UInt64>

  /// Opens the file, or makes it; it belongs to this process until it is closed.
  init(path: String) throws(JournalError) {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .system(path: path, reason: Self.reason) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let isTaken = errno == EWOULDBLOCK
      let reason = Self.reason
      close(descriptor)
      throw isTaken ? .inUse(path: path) : .system(path: path, reason: reason)
    }
    end = Mutex(UInt64(Self.magic.count))
    let size = lseek(descriptor, 0, SEEK_END)
    if size == 0 {
      guard pwrite(descriptor, Self.magic, Self.magic.count, 0) == Self.magic.count else {
        throw .system(path: path, reason: Self.reason)
      }
    } else {
      guard try read(at: 0, count: Self.magic.count) == Self.magic else { throw .unknownFormat(path: path) }
    }
  }

  deinit { close(descriptor) }

  private static var reason: String { String(cString: strerror(errno)) }

  /// Bytes of the file: where the next frame begins.
  var length: UInt64 { end.withLock { $0 } }

  /// Appends a frame; where its payload stands. A frame that could not be written whole is taken back.
  @discardableResult
  func append(_ payload: [UInt8]) throws(JournalError) -> UInt64 {
    guard payload.count <= Self.maxPayload else {
      throw .system(path: path, reason: "an entry of \(payload.count) bytes is too large")
    }
    var frame: [UInt8] = []
    frame.reserveCapacity(Self.headerSize + payload.count)
    withUnsafeBytes(of: UInt32(payload.count).littleEndian) { frame += $0 }
    withUnsafeBytes(of: payload.withUnsafeBytes { Checksum.of($0) }.littleEndian) { frame += $0 }
    frame += payload
    return try end.withLock { (end) throws(JournalError) in
      var written = 0
      while written < frame.count {
        let count = frame.withUnsafeBytes {
          pwrite(descriptor, $0.baseAddress?.advanced(by: written), frame.count - written, off_t(end) + off_t(written))
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          let reason = Self.reason
          ftruncate(descriptor, off_t(end))
          throw .system(path: path, reason: reason)
        }
        written += count
      }
      defer { end += UInt64(frame.count) }
      return end + UInt64(Self.headerSize)
    }
  }

  /// Forgets everything from `offset` on, which must be the beginning of a frame.
  func truncate(to offset: UInt64) throws(JournalError) {
    try end.withLock { (end) throws(JournalError) in
      guard offset < end else { return }
      guard ftruncate(descriptor, off_t(offset)) == 0 else { throw .system(path: path, reason: Self.reason) }
      end = offset
    }
  }

  /// The payload of a frame that ``append(_:)`` or ``forEach(_:)`` gave the place of.
  func payload(at offset: UInt64) throws(JournalError) -> [UInt8] {
    let start = offset - UInt64(Self.headerSize)
    guard let frame = try frame(at: start, before: length) else {
      throw .damaged(path: path, offset: start, reason: "an entry is cut off or has another checksum")
    }
    return frame
  }

  /// Calls `body` with each frame and where its payload stands. A frame at the very end that is cut off is removed; one
  /// that is followed by others was damaged later, and is an error.
  func forEach(_ body: (_ payload: [UInt8], _ offset: UInt64) throws -> Void) throws {
    let size = UInt64(max(0, lseek(descriptor, 0, SEEK_END)))
    var offset = UInt64(Self.magic.count)
    while offset < size {
      guard let payload = try frame(at: offset, before: size) else {
        if try endsWith(frameAt: offset, size: size) { break }
        throw JournalError.damaged(path: path, offset: offset, reason: "an entry has another checksum")
      }
      try body(payload, offset + UInt64(Self.headerSize))
      offset += UInt64(Self.headerSize + payload.count)
    }
    if offset < size, ftruncate(descriptor, off_t(offset)) != 0 {
      throw JournalError.system(path: path, reason: Self.reason)
    }
    end.withLock { [offset] in $0 = offset }
  }

  /// Calls `body` with each frame from one place to another, both beginnings of frames; `nil` is the first.
  func forEach(
    from start: UInt64?, to end: UInt64, _ body: (_ payload: [UInt8], _ offset: UInt64) throws -> Void
  ) throws {
    var offset = start ?? UInt64(Self.magic.count)
    while offset < end {
      guard let payload = try frame(at: offset, before: end) else {
        throw JournalError.damaged(path: path, offset: offset, reason: "an entry has another checksum")
      }
      try body(payload, offset + UInt64(Self.headerSize))
      offset += UInt64(Self.headerSize + payload.count)
    }
  }

  /// Makes everything that was appended outlast the machine.
  func sync() throws(JournalError) {
    guard fdatasync(descriptor) == 0 else { throw .system(path: path, reason: Self.reason) }
  }

  /// The payload of the frame at `offset`; `nil` where it is cut off or damaged.
  private func frame(at offset: UInt64, before size: UInt64) throws(JournalError) -> [UInt8]? {
    guard let count = try payloadCount(at: offset, before: size) else { return nil }
    let bytes = try read(at: offset + 4, count: 8 + count)
    guard bytes.count == 8 + count else { return nil }
    let sum = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    let payload = Array(bytes[8...])
    return payload.withUnsafeBytes { Checksum.of($0) } == sum ? payload : nil
  }

  /// Bytes of the payload of the frame at `offset`; `nil` where the file ends before it does.
  private func payloadCount(at offset: UInt64, before size: UInt64) throws(JournalError) -> Int? {
    let header = try read(at: offset, count: Self.headerSize)
    guard header.count == Self.headerSize else { return nil }
    let count = header.withUnsafeBytes { Int(UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self))) }
    guard count <= Self.maxPayload, offset + UInt64(Self.headerSize + count) <= size else { return nil }
    return count
  }

  /// Whether the damaged frame at `offset` is the last thing in the file, as one is that was being written at a power
  /// failure: it reaches to the end, or beyond.
  private func endsWith(frameAt offset: UInt64, size: UInt64) throws(JournalError) -> Bool {
    guard let count = try payloadCount(at: offset, before: size) else { return true }
    return offset + UInt64(Self.headerSize + count) == size
  }

  private func read(at offset: UInt64, count: Int) throws(JournalError) -> [UInt8] {
    var failure: JournalError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(
          descriptor, buffer.baseAddress?.advanced(by: filled), count - filled, off_t(offset) + off_t(filled))
        if got < 0, errno == EINTR { continue }
        if got < 0 { failure = .system(path: path, reason: Self.reason) }
        guard got > 0 else { return }
        filled += got
      }
    }
    if let failure { throw failure }
    return bytes
  }
}
