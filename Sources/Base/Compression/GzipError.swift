/// Why bytes are not the gzip stream (RFC 1952) that they claim to be.
public enum GzipError: Error, Equatable, Sendable {
  /// The bytes end inside a member: what came out of them may lack its end.
  case truncated
  /// A header, a code or a checksum that no compressor writes.
  case corrupt
  /// More comes out than the decoder was told to allow.
  case tooLarge(limit: Int)
  /// Something follows the last member that begins none.
  case trailingBytes
}

extension GzipError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .truncated: "the gzip stream is cut off"
    case .corrupt: "the gzip stream is damaged"
    case .tooLarge(let limit): "the gzip stream holds more than \(limit) bytes"
    case .trailingBytes: "something follows the gzip stream"
    }
  }
}
