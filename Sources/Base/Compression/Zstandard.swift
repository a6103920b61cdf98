import CZstd

/// Single frames of Zstandard (RFC 8878) whose content has a known size, so that nothing is allocated on the word of a
/// stranger.
public enum Zstandard {
  /// One frame, which names the size of its content.
  ///
  /// - Parameter level: 1 to 19; higher ones are slower and give less.
  public static func compress(_ bytes: [UInt8], level: Int32 = 3) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { buffer, count in
      let written = bytes.withUnsafeBytes {
        ZSTD_compress(buffer.baseAddress, buffer.count, $0.baseAddress, $0.count, level)
      }
      // With room for the worst case that fails only where there is no memory, which ends a process here as everywhere.
      precondition(ZSTD_isError(written) == 0, "zstd has no memory")
      count = written
    }
  }

  /// The content of `frame`, which is one frame and nothing else.
  ///
  /// - Parameter size: the bytes that the content has. A frame that says otherwise is refused before anything is allocated.
  public static func decompress(_ frame: ArraySlice<UInt8>, size: Int) throws(ZstandardError) -> [UInt8] {
    try frame.withUnsafeBytes { content(of: $0, size: size) }.get()
  }

  private static func content(
    of frame: UnsafeRawBufferPointer, size: Int
  ) -> Result<[UInt8], ZstandardError> {
    let length = ZSTD_findFrameCompressedSize(frame.baseAddress, frame.count)
    guard ZSTD_isError(length) == 0, length == frame.count else { return .failure(.noFrame) }
    let named = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
    guard named <= UInt64(Int.max), Int(named) == size else { return .failure(.otherSize) }
    let content = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      let produced = ZSTD_decompress(buffer.baseAddress, buffer.count, frame.baseAddress, frame.count)
      count = ZSTD_isError(produced) == 0 ? min(produced, size) : 0
    }
    return content.count == size ? .success(content) : .failure(.corrupt)
  }
}

/// Why bytes are not the frame of Zstandard (RFC 8878) that they claim to be.
public enum ZstandardError: Error, Equatable, Sendable {
  /// They are not one whole frame.
  case noFrame
  /// The frame names another size of its content than it should have, or none.
  case otherSize
  /// What no compressor writes.
  case corrupt
}

extension ZstandardError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noFrame: "they are not one frame of zstd"
    case .otherSize: "the frame of zstd is of another size than is noted"
    case .corrupt: "the frame of zstd is damaged"
    }
  }
}
