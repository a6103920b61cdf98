import Files
import Primitives

/// Cuts the bytes of a stream into frames, however they arrive.
package struct FeedDecoder {
  private var buffer: [UInt8] = []
  /// Bytes at the front that are done with.
  private var start = 0

  package init() {}

  /// Takes bytes that came.
  package mutating func append(_ bytes: some Sequence<UInt8>) { buffer.append(contentsOf: bytes) }

  /// The next frame; `nil` until all of it is there.
  package mutating func next() throws(FeedFault) -> FeedFrame? {
    let available = buffer.count - start
    guard available >= FeedFrame.headBytes else { return nil }
    let length = Int(number(at: start, bytes: 4))
    guard length > 0, length <= FeedFrame.maxBytes else { throw .malformed("a frame of \(length) bytes") }
    guard available - FeedFrame.headBytes >= length else { return nil }
    let body = Array(buffer[(start + FeedFrame.headBytes)..<(start + FeedFrame.headBytes + length)])
    guard body.withUnsafeBytes({ Checksum.of($0) }) == number(at: start + 4, bytes: 8) else { throw .badChecksum }
    start += FeedFrame.headBytes + length
    if start == buffer.count {
      buffer.removeAll(keepingCapacity: buffer.capacity <= 1 << 20)
      start = 0
    } else if start > 1 << 20 {
      buffer.removeFirst(start)
      start = 0
    }
    return try FeedFrame(decoding: body)
  }

  private func number(at offset: Int, bytes: Int) -> UInt64 {
    (0..<bytes).reversed().reduce(0) { $0 << 8 | UInt64(buffer[offset + $1]) }
  }
}
