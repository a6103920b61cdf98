import Files
import Glibc

/// One file of the journal: frames, appended one after the other.
///
/// A frame is its length (4 bytes, little-endian), the XXH64 of its payload (8 bytes, little-endian), and the payload: the
/// envelope of a transaction. One `write` appends one or more frames, so that a killed process loses none; a machine that
/// loses its power may lose the last ones.
struct JournalSegment: Sendable {
  static let magic: [UInt8] = Array("zkos-mp\u{1}".utf8)
  static let headerBytes = 12
  /// More than the longest transaction that the state transition function takes.
  static let maxPayload = 16 << 20

  /// Segments are read in the order of their numbers.
  let number: UInt64
  let path: String
  private let descriptor: Int32
  /// Bytes of the file.
  private(set) var byteCount: Int

  /// Makes an empty file, in place of what may be there.
  init(_ number: UInt64, in folder: String) throws(JournalFailure) {
    self.number = number
    path = folder + "/" + Self.name(number)
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
    byteCount = 0
    guard descriptor >= 0 else { throw .system(path) }
    do throws(JournalFailure) { try write(Self.magic) } catch {
      discard()
      throw error
    }
  }

  static func name(_ number: UInt64) -> String { "journal-\(number)" }

  /// The number of the segment with this name; `nil` where it is the name of none.
  static func number(ofName name: Substring) -> UInt64? {
    name.hasPrefix("journal-") ? UInt64(name.dropFirst("journal-".count)) : nil
  }

  /// The frame of a payload; `nil` where that is too long to be one.
  static func frame(_ payload: [UInt8]) -> [UInt8]? {
    guard payload.count <= maxPayload else { return nil }
    var frame: [UInt8] = []
    frame.reserveCapacity(headerBytes + payload.count)
    withUnsafeBytes(of: UInt32(payload.count).littleEndian) { frame += $0 }
    withUnsafeBytes(of: payload.withUnsafeBytes { Checksum.of($0) }.littleEndian) { frame += $0 }
    return frame + payload
  }

  /// Appends frames. Where that fails, what was written of them is taken back.
  mutating func append(_ frames: [UInt8]) throws(JournalFailure) { try write(frames) }

  private mutating func write(_ bytes: [UInt8]) throws(JournalFailure) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(
          descriptor, $0.baseAddress?.advanced(by: written), bytes.count - written, off_t(byteCount + written))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let failure = JournalFailure.system(path)
        ftruncate(descriptor, off_t(byteCount))
        throw failure
      }
      written += count
    }
    byteCount += bytes.count
  }

  /// Makes what was written outlast the machine, as far as the system does what it says.
  func sync() { fdatasync(descriptor) }

  func close() { Glibc.close(descriptor) }

  /// Closes the file and removes it.
  func discard() {
    if descriptor >= 0 { close() }
    unlink(path)
  }
}
