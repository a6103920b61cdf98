import CZlib

/// Takes a gzip stream (RFC 1952) apart, piece by piece in bounded memory. Members one after the other, as `cat` of two
/// files makes them, give what they hold one after the other.
///
/// ```swift
/// var decoder = GzipDecoder(limit: 1 << 30)
/// for chunk in chunks {
///   try decoder.decode(chunk) { bytes in … }
/// }
/// try decoder.finish()
/// ```
public struct GzipDecoder: ~Copyable {
  /// Bytes of output that a caller sees at once.
  private static let pieceSize = 1 << 16

  private let stream: ZlibStream
  private let piece: UnsafeMutableRawBufferPointer
  private let limit: Int
  /// Bytes that came out so far, over all members.
  private var produced = 0
  private var isBetweenMembers = false

  /// - Parameter limit: the bytes of output above which it is an error, so that a small input cannot fill the memory.
  public init(limit: Int) {
    self.limit = limit
    stream = ZlibStream()
    piece = .allocate(byteCount: Self.pieceSize, alignment: 16)
    stream.begin { inflateInit2_($0, ZlibStream.gzipWindow, ZLIB_VERSION, ZlibStream.size) }
  }

  deinit {
    stream.end { inflateEnd($0) }
    piece.deallocate()
  }

  /// Gives `body` what `input` brings to light, at most 64 KiB at a time.
  public mutating func decode(
    _ input: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(GzipError) {
    var rest = input
    while !rest.isEmpty {
      if isBetweenMembers {
        guard rest[0] == 0x1f else { throw .trailingBytes }
        isBetweenMembers = false
      }
      let step = stream.step(input: rest, output: piece) { inflate($0, Z_NO_FLUSH) }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(step.consumed))
      try deliver(step.produced, body)
      switch step.code {
      case Z_OK: break
      case Z_BUF_ERROR where step.consumed > 0 || step.produced > 0 || rest.isEmpty: break
      case Z_STREAM_END:
        isBetweenMembers = true
        stream.begin { inflateReset($0) }
      default: throw .corrupt
      }
      // A full piece may not have been all that this input holds.
      if rest.isEmpty, step.produced == piece.count { try drain(body) }
    }
  }

  /// What is still inside once all input was taken.
  private mutating func drain(_ body: (UnsafeRawBufferPointer) -> Void) throws(GzipError) {
    while !isBetweenMembers {
      let step = stream.step(input: UnsafeRawBufferPointer(start: nil, count: 0), output: piece) {
        inflate($0, Z_NO_FLUSH)
      }
      try deliver(step.produced, body)
      if step.code == Z_STREAM_END {
        isBetweenMembers = true
        stream.begin { inflateReset($0) }
        return
      }
      guard step.code == Z_OK || step.code == Z_BUF_ERROR else { throw .corrupt }
      if step.produced < piece.count { return }
    }
  }

  private mutating func deliver(
    _ count: Int, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(GzipError) {
    guard count > 0 else { return }
    produced += count
    guard produced <= limit else { throw .tooLarge(limit: limit) }
    body(UnsafeRawBufferPointer(rebasing: piece[..<count]))
  }

  /// Checks that the last member was whole; nothing at all is none.
  public func finish() throws(GzipError) {
    if !isBetweenMembers { throw .truncated }
  }
}
