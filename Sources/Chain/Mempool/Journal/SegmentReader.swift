import Files
import Glibc

/// Reads the frames of a segment, as far as they are whole.
struct SegmentReader: ~Copyable {
  private static let chunkBytes = 1 << 20

  private let path: String
  private let descriptor: Int32
  private let byteCount: Int
  private var offset = 0
  private var buffer: [UInt8] = []
  /// Where in `buffer` the next frame begins.
  private var start = 0

  /// Opens a file; throws where it cannot be read.
  init(_ path: String) throws(JournalFailure) {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(path) }
    byteCount = max(0, Int(lseek(descriptor, 0, SEEK_END)))
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Bytes from the first frame that is not whole to the end; 0 where everything was read.
  var unreadBytes: Int { byteCount - offset }

  /// Whether the file begins as those do that this program writes. Called first.
  mutating func hasMagic() throws(JournalFailure) -> Bool {
    guard try fill(JournalSegment.magic.count), Array(buffer[..<JournalSegment.magic.count]) == JournalSegment.magic
    else { return false }
    consume(JournalSegment.magic.count)
    return true
  }

  /// The payload of the next frame; `nil` at the end, and where no whole frame follows.
  mutating func next() throws(JournalFailure) -> [UInt8]? {
    let header = JournalSegment.headerBytes
    guard try fill(header) else { return nil }
    let (count, sum) = buffer.withUnsafeBytes { bytes in
      (
        Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self))),
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 4, as: UInt64.self))
      )
    }
    guard count <= JournalSegment.maxPayload, try fill(header + count) else { return nil }
    let payload = Array(buffer[(start + header)..<(start + header + count)])
    guard payload.withUnsafeBytes({ Checksum.of($0) }) == sum else { return nil }
    consume(header + count)
    return payload
  }

  private mutating func consume(_ count: Int) {
    start += count
    offset += count
  }

  /// Reads on until so many bytes are there; false where the file ends before.
  private mutating func fill(_ count: Int) throws(JournalFailure) -> Bool {
    if buffer.count - start >= count { return true }
    buffer.removeFirst(start)
    start = 0
    while buffer.count < count {
      let chunk = max(Self.chunkBytes, count - buffer.count)
      let position = off_t(offset + buffer.count)
      var got = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: chunk) { memory, filled in
        repeat { got = pread(descriptor, memory.baseAddress, chunk, position) } while got < 0 && errno == EINTR
        filled = max(0, got)
      }
      if got < 0 { throw .system(path) }
      if got == 0 { return false }
      buffer += bytes
    }
    return true
  }
}
