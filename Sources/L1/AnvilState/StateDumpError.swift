import Compression

/// Why a state dump cannot be read or written. One line each.
public enum StateDumpError: Error, Equatable, Sendable {
  /// The file cannot be read; the reason names it.
  case cannotRead(String)
  /// The file cannot be written; the reason names it.
  case cannotWrite(String)
  /// It holds nothing.
  case empty
  /// Neither JSON nor gzip nor hexadecimal digits of these.
  case unknownFormat
  /// Hexadecimal digits, but not all the way.
  case notHexadecimal(offset: Int)
  case compression(GzipError)
  /// No JSON (RFC 8259); `offset` counts bytes of the text.
  case notJSON(path: String, offset: Int)
  /// The text ends inside of what the path names.
  case truncated(path: String)
  /// One value has more than so many bytes.
  case tooLarge(path: String, limit: Int)
  case missing(path: String)
  /// A value that its field cannot have.
  case invalid(path: String, expected: String)
}

extension StateDumpError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .cannotRead(let reason): "cannot read the state dump \(reason)"
    case .cannotWrite(let reason): "cannot write the state dump \(reason)"
    case .empty: "the state dump is empty"
    case .unknownFormat: "the state dump is neither JSON nor gzip nor hexadecimal text of these"
    case .notHexadecimal(let offset): "the state dump is no hexadecimal text from byte \(offset) on"
    case .compression(let error): "the state dump cannot be unpacked: \(error)"
    case .notJSON(let path, let offset): "the state dump is no JSON at byte \(offset)\(Self.place(path))"
    case .truncated(let path): "the state dump is cut off\(Self.place(path))"
    case .tooLarge(let path, let limit): "the state dump has a value of more than \(limit) bytes\(Self.place(path))"
    case .missing(let path): "the state dump lacks \(path)"
    case .invalid(let path, let expected): "the state dump is wrong at \(path): expected \(expected)"
    }
  }

  private static func place(_ path: String) -> String { path.isEmpty ? "" : ", in \(path)" }
}
