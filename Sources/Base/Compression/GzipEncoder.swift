import CZlib

/// Writes a gzip stream (RFC 1952) of one member, piece by piece in bounded memory. The same input in the same pieces or in
/// others gives the same bytes: the header holds neither a time nor a name.
public struct GzipEncoder: ~Copyable {
  private static let pieceSize = 1 << 16

  private let stream: ZlibStream
  private let piece: UnsafeMutableRawBufferPointer

  public init() {
    stream = ZlibStream()
    piece = .allocate(byteCount: Self.pieceSize, alignment: 16)
    let memory: Int32 = 8  // what zlib takes by itself
    stream.begin {
      deflateInit2_(
        $0, Z_DEFAULT_COMPRESSION, Z_DEFLATED, ZlibStream.gzipWindow, memory, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        ZlibStream.size)
    }
  }

  deinit {
    stream.end { deflateEnd($0) }
    piece.deallocate()
  }

  /// Takes `input`, and gives `body` what is ready, at most 64 KiB at a time.
  public mutating func encode<E: Error>(
    _ input: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws(E) -> Void
  ) throws(E) {
    var rest = input
    while !rest.isEmpty {
      let step = stream.step(input: rest, output: piece) { deflate($0, Z_NO_FLUSH) }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(step.consumed))
      if step.produced > 0 { try body(UnsafeRawBufferPointer(rebasing: piece[..<step.produced])) }
    }
  }

  /// Gives `body` the rest. Nothing can be encoded afterwards.
  public mutating func finish<E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> Void) throws(E) {
    while true {
      let step = stream.step(input: UnsafeRawBufferPointer(start: nil, count: 0), output: piece) {
        deflate($0, Z_FINISH)
      }
      if step.produced > 0 { try body(UnsafeRawBufferPointer(rebasing: piece[..<step.produced])) }
      // Anything but a full piece: the end, or a second call after it.
      if step.code != Z_OK { return }
    }
  }
}
